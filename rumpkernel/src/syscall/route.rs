//! Messages to the kernel's routing table, route(4).

use std::ffi::c_int;
use std::net::{IpAddr, SocketAddr};

use rumpkernel_sys::{self as sys, calls};

use super::socket::socket;
use crate::ErrorKind;
use crate::backend::{Handle, Input};
use crate::net::IpNet;
use crate::net::address::to_kernel;

/// Addresses in messages begin at multiples of this, `RT_ROUNDUP`.
const ALIGNMENT: usize = 8;

/// Adds the route to a network by way of a gateway.
pub(crate) fn add(kernel: &Handle, to: &IpNet, gateway: IpAddr) -> Result<(), ErrorKind> {
    send(kernel, sys::RTM_ADD, to, Some(gateway))
}

/// Removes the route to a network.
pub(crate) fn remove(kernel: &Handle, to: &IpNet) -> Result<(), ErrorKind> {
    send(kernel, sys::RTM_DELETE, to, None)
}

fn send(
    kernel: &Handle,
    kind: c_int,
    to: &IpNet,
    gateway: Option<IpAddr>,
) -> Result<(), ErrorKind> {
    let socket = socket(kernel, sys::PF_ROUTE, sys::SOCK_RAW, 0)?;
    let message = message(kind, to, gateway);
    let message = Input::new(&*message);
    let call = calls::write(socket.number(), message.start(), message.length());
    // SAFETY: the only pointer leads to `message`, of which the length is given.
    unsafe { kernel.short(call, &[message], &mut []) }.map(drop)
}

/// The message: a header, then the addresses that it announces.
fn message(kind: c_int, to: &IpNet, gateway: Option<IpAddr>) -> Vec<u8> {
    let single = to.prefix_len() == to.max_prefix_len();
    let mut header = sys::rt_msghdr {
        rtm_version: sys::RTM_VERSION as u8,
        rtm_type: kind as u8,
        rtm_flags: sys::RTF_UP | sys::RTF_STATIC,
        rtm_addrs: sys::RTA_DST,
        rtm_seq: 1,
        ..Default::default()
    };
    let mut addresses = vec![to.network()];
    if let Some(gateway) = gateway {
        header.rtm_addrs |= sys::RTA_GATEWAY;
        header.rtm_flags |= sys::RTF_GATEWAY;
        addresses.push(gateway);
    }
    if single {
        header.rtm_flags |= sys::RTF_HOST;
    } else {
        header.rtm_addrs |= sys::RTA_NETMASK;
        addresses.push(to.netmask());
    }
    let mut message = vec![0; size_of::<sys::rt_msghdr>()];
    for address in addresses {
        let address = to_kernel(&SocketAddr::new(address, 0));
        message.extend_from_slice(address.bytes());
        message.resize(message.len().next_multiple_of(ALIGNMENT), 0);
    }
    // Far below 65536: a header and three addresses.
    header.rtm_msglen = message.len() as u16;
    // SAFETY: the message begins with room for a header, which need not be aligned there.
    unsafe {
        message
            .as_mut_ptr()
            .cast::<sys::rt_msghdr>()
            .write_unaligned(header);
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_announces_the_addresses_that_follow() {
        const HEADER: usize = size_of::<sys::rt_msghdr>();
        let net = "10.2.0.0/16".parse().unwrap();
        let bytes = message(sys::RTM_ADD, &net, Some([10, 1, 0, 1].into()));
        let length = u16::from_ne_bytes(*bytes.first_chunk().unwrap());
        assert_eq!(usize::from(length), HEADER + 3 * 16);
        assert_eq!(bytes[HEADER..][..8], [16, 2, 0, 0, 10, 2, 0, 0]);
        assert_eq!(bytes[HEADER + 16..][..8], [16, 2, 0, 0, 10, 1, 0, 1]);
        assert_eq!(bytes[HEADER + 32..][..8], [16, 2, 0, 0, 255, 255, 0, 0]);
        let host = "fd00::1/128".parse().unwrap();
        let bytes = message(sys::RTM_DELETE, &host, None);
        assert_eq!(bytes.len(), HEADER + 32, "28 bytes of an address, and 4");
    }
}
