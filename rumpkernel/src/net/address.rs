//! Socket addresses, between `std::net` and NetBSD.

use std::ffi::c_int;
use std::mem::offset_of;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6, ToSocketAddrs};

use rumpkernel_sys as sys;

use crate::error::During as _;
use crate::syscall::socket::{RawAddress, Storage};
use crate::{Errno, Error, ErrorKind};

// sockaddr_in and sockaddr_in6 begin alike.
const LENGTH: usize = offset_of!(sys::sockaddr, sa_len);
const FAMILY: usize = offset_of!(sys::sockaddr, sa_family);
const PORT: usize = offset_of!(sys::sockaddr_in, sin_port);
const ADDRESS_V4: usize = offset_of!(sys::sockaddr_in, sin_addr);
const FLOW: usize = offset_of!(sys::sockaddr_in6, sin6_flowinfo);
const ADDRESS_V6: usize = offset_of!(sys::sockaddr_in6, sin6_addr);
const SCOPE: usize = offset_of!(sys::sockaddr_in6, sin6_scope_id);
const _: () = assert!(PORT == offset_of!(sys::sockaddr_in6, sin6_port));

/// The address family, `AF_INET` or `AF_INET6`.
pub(super) fn family(address: &SocketAddr) -> c_int {
    match address {
        SocketAddr::V4(_) => sys::AF_INET,
        SocketAddr::V6(_) => sys::AF_INET6,
    }
}

/// The address as the kernel reads it.
pub(crate) fn to_kernel(address: &SocketAddr) -> RawAddress {
    let mut bytes = [0; size_of::<Storage>()];
    let length = match address {
        SocketAddr::V4(address) => {
            put(&mut bytes, ADDRESS_V4, &address.ip().octets());
            size_of::<sys::sockaddr_in>()
        }
        SocketAddr::V6(address) => {
            put(&mut bytes, FLOW, &address.flowinfo().to_ne_bytes());
            put(&mut bytes, ADDRESS_V6, &address.ip().octets());
            put(&mut bytes, SCOPE, &address.scope_id().to_ne_bytes());
            size_of::<sys::sockaddr_in6>()
        }
    };
    bytes[LENGTH] = length as u8;
    bytes[FAMILY] = family(address) as u8;
    put(&mut bytes, PORT, &address.port().to_be_bytes());
    RawAddress {
        storage: Storage(bytes),
        length: length as u32,
    }
}

/// An address that the kernel has written.
pub(super) fn from_kernel(raw: &RawAddress) -> Result<SocketAddr, ErrorKind> {
    parse(raw.bytes()).ok_or(ErrorKind::Errno(Errno::AFNOSUPPORT))
}

fn parse(bytes: &[u8]) -> Option<SocketAddr> {
    let port = u16::from_be_bytes(*bytes.get(PORT..)?.first_chunk()?);
    match c_int::from(*bytes.get(FAMILY)?) {
        sys::AF_INET => {
            let octets: [u8; 4] = *bytes.get(ADDRESS_V4..)?.first_chunk()?;
            Some(SocketAddrV4::new(Ipv4Addr::from(octets), port).into())
        }
        sys::AF_INET6 => {
            let octets: [u8; 16] = *bytes.get(ADDRESS_V6..)?.first_chunk()?;
            let flow = u32::from_ne_bytes(*bytes.get(FLOW..)?.first_chunk()?);
            let scope = u32::from_ne_bytes(*bytes.get(SCOPE..)?.first_chunk()?);
            Some(SocketAddrV6::new(Ipv6Addr::from(octets), port, flow, scope).into())
        }
        _ => None,
    }
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

/// An IPv4 address in the structure that interfaces take.
#[cfg(any(feature = "shmif", feature = "virtif"))]
pub(crate) fn sockaddr_v4(address: Ipv4Addr) -> sys::sockaddr {
    let mut result = sys::sockaddr {
        sa_len: size_of::<sys::sockaddr_in>() as u8,
        sa_family: sys::AF_INET as u8,
        ..Default::default()
    };
    let place = &mut result.sa_data[ADDRESS_V4 - offset_of!(sys::sockaddr, sa_data)..];
    for (place, byte) in place.iter_mut().zip(address.octets()) {
        *place = byte as std::ffi::c_char;
    }
    result
}

/// An IPv6 address in the structure that interfaces take.
#[cfg(any(feature = "shmif", feature = "virtif"))]
pub(crate) fn sockaddr_v6(address: Ipv6Addr, scope: u32) -> sys::sockaddr_in6 {
    sys::sockaddr_in6 {
        sin6_len: size_of::<sys::sockaddr_in6>() as u8,
        sin6_family: sys::AF_INET6 as u8,
        sin6_addr: sys::in6_addr {
            __u6_addr: sys::in6_addr__bindgen_ty_1 {
                __u6_addr8: address.octets(),
            },
        },
        sin6_scope_id: scope,
        ..Default::default()
    }
}

/// Tries each address that `addresses` stands for, until one works.
pub(super) fn first_that_works<T>(
    operation: &'static str,
    addresses: impl ToSocketAddrs,
    mut attempt: impl FnMut(&SocketAddr) -> Result<T, ErrorKind>,
) -> Result<T, Error> {
    let addresses = addresses
        .to_socket_addrs()
        .map_err(ErrorKind::Host)
        .during(operation)?;
    let mut last = Err(ErrorKind::Errno(Errno::INVAL))
        .during(operation)
        .map_err(|error: Error| error.hint("the host knows no address of this name"));
    for address in addresses {
        last = attempt(&address).during_at(operation, address);
        if last.is_ok() {
            break;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_survive_the_way_there_and_back() {
        for text in ["127.0.0.1:80", "[::1]:65535", "[fe80::1%3]:7", "0.0.0.0:0"] {
            let address: SocketAddr = text.parse().unwrap();
            assert_eq!(from_kernel(&to_kernel(&address)).unwrap(), address);
        }
    }

    #[test]
    fn the_layout_is_netbsds() {
        let raw = to_kernel(&"1.2.3.4:258".parse().unwrap());
        assert_eq!(
            raw.bytes(),
            [16, 2, 1, 2, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0]
        );
        let raw = to_kernel(&"[102:304::]:258".parse().unwrap());
        assert_eq!(raw.bytes()[..12], [28, 24, 1, 2, 0, 0, 0, 0, 1, 2, 3, 4]);
    }

    #[test]
    fn short_or_foreign_addresses_are_errors() {
        let mut raw = to_kernel(&"[::1]:1".parse().unwrap());
        raw.length = 27;
        assert!(from_kernel(&raw).is_err());
        raw.length = 0;
        assert!(from_kernel(&raw).is_err());
        let mut raw = to_kernel(&"127.0.0.1:1".parse().unwrap());
        raw.storage.0[FAMILY] = 1;
        assert!(from_kernel(&raw).is_err());
    }
}
