//! ioctl(2) on network interfaces, networking(4).

#[cfg(feature = "shmif")]
use std::ffi::c_void;
use std::ffi::{c_char, c_ulong};
use std::net::IpAddr;

use rumpkernel_sys as sys;

use super::Descriptor;
use super::socket::socket;
use crate::backend::Handle;
#[cfg(feature = "shmif")]
use crate::backend::Input;
use crate::net::IpNet;
use crate::net::address::{sockaddr_v4, sockaddr_v6};
use crate::{Errno, ErrorKind};

/// An interface's name as the kernel takes it, ended by a NUL.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name([c_char; sys::IFNAMSIZ as usize]);

impl Name {
    /// `None` for a name that is too long or holds a NUL.
    pub(crate) fn new(name: &str) -> Option<Self> {
        let mut chars = [0; sys::IFNAMSIZ as usize];
        if name.len() >= chars.len() || name.contains('\0') {
            return None;
        }
        for (place, byte) in chars.iter_mut().zip(name.bytes()) {
            *place = byte as c_char;
        }
        Some(Self(chars))
    }
}

/// A socket for the configuration of any address family that the kernel has.
fn any_socket(kernel: &Handle) -> Result<Descriptor, ErrorKind> {
    let mut result = Err(ErrorKind::Errno(Errno::AFNOSUPPORT));
    for family in [sys::AF_INET, sys::AF_INET6] {
        result = socket(kernel, family, sys::SOCK_DGRAM, 0);
        if result.is_ok() {
            break;
        }
    }
    result
}

/// A command whose argument is a `struct ifreq`.
fn request(
    kernel: &Handle,
    name: &Name,
    command: c_ulong,
    value: sys::ifreq__bindgen_ty_1,
) -> Result<sys::ifreq__bindgen_ty_1, ErrorKind> {
    let request = sys::ifreq {
        ifr_name: name.0,
        ifr_ifru: value,
    };
    // SAFETY: the commands that this module names take a struct ifreq, without pointers.
    let answer = unsafe { any_socket(kernel)?.ioctl(command, request, &[]) }?;
    Ok(answer.ifr_ifru)
}

pub(crate) fn create(kernel: &Handle, name: &Name) -> Result<(), ErrorKind> {
    request(kernel, name, sys::SIOCIFCREATE, Default::default()).map(drop)
}

pub(crate) fn destroy(kernel: &Handle, name: &Name) -> Result<(), ErrorKind> {
    request(kernel, name, sys::SIOCIFDESTROY, Default::default()).map(drop)
}

/// Returns whether the interface is up.
pub(crate) fn is_up(kernel: &Handle, name: &Name) -> Result<bool, ErrorKind> {
    let flags = flags(kernel, name)?;
    Ok(flags & sys::IFF_UP as i16 != 0)
}

fn flags(kernel: &Handle, name: &Name) -> Result<i16, ErrorKind> {
    let answer = request(kernel, name, sys::SIOCGIFFLAGS, Default::default())?;
    // SAFETY: the command answers with flags.
    Ok(unsafe { answer.ifru_flags })
}

pub(crate) fn set_up(kernel: &Handle, name: &Name, up: bool) -> Result<(), ErrorKind> {
    let now = flags(kernel, name)?;
    let wanted = match up {
        true => now | sys::IFF_UP as i16,
        false => now & !(sys::IFF_UP as i16),
    };
    let value = sys::ifreq__bindgen_ty_1 { ifru_flags: wanted };
    request(kernel, name, sys::SIOCSIFFLAGS, value).map(drop)
}

pub(crate) fn mtu(kernel: &Handle, name: &Name) -> Result<u32, ErrorKind> {
    let answer = request(kernel, name, sys::SIOCGIFMTU, Default::default())?;
    // SAFETY: the command answers with a number.
    Ok(unsafe { answer.ifru_mtu }.unsigned_abs())
}

pub(crate) fn set_mtu(kernel: &Handle, name: &Name, bytes: u32) -> Result<(), ErrorKind> {
    let bytes = i32::try_from(bytes).map_err(|_| ErrorKind::Errno(Errno::INVAL))?;
    let value = sys::ifreq__bindgen_ty_1 { ifru_mtu: bytes };
    request(kernel, name, sys::SIOCSIFMTU, value).map(drop)
}

/// The interface's number, the scope of its link-local addresses.
pub(crate) fn index(kernel: &Handle, name: &Name) -> Result<u32, ErrorKind> {
    let answer = request(kernel, name, sys::SIOCGIFINDEX, Default::default())?;
    // SAFETY: the command answers with a number.
    Ok(unsafe { answer.ifru_value })
}

/// Puts an interface on the bus in a file of the host's.
#[cfg(feature = "shmif")]
pub(crate) fn set_link_string(
    kernel: &Handle,
    name: &Name,
    path: &std::ffi::CStr,
) -> Result<(), ErrorKind> {
    let path = Input::string(path);
    let request = sys::ifdrv {
        ifd_name: name.0,
        ifd_cmd: 0,
        ifd_len: path.length(),
        ifd_data: path.start::<c_void>().cast_mut(),
    };
    // SAFETY: the command takes a struct ifdrv, whose pointer leads to `path`.
    unsafe { any_socket(kernel)?.ioctl(sys::SIOCSLINKSTR, request, &[path]) }.map(drop)
}

/// The Ethernet address that the kernel has given an interface.
#[cfg(feature = "shmif")]
pub(crate) fn ethernet_address(kernel: &Handle, name: &Name) -> Result<[u8; 6], ErrorKind> {
    let index = index(kernel, name)?.cast_signed();
    let list = [sys::CTL_NET, sys::PF_ROUTE, 0, 0, sys::NET_RT_IFLIST, index];
    let message = super::sysctl::read(kernel, &list)?;
    // The first address after the header is a struct sockaddr_dl: length, family, the interface's
    // number, type, lengths of name and address, a third length, then name and address.
    let address = message.get(size_of::<sys::if_msghdr>()..).and_then(|link| {
        let name = usize::from(*link.get(5)?);
        link.get(8 + name..)?.first_chunk().copied()
    });
    address.ok_or(ErrorKind::Errno(Errno::ADDRNOTAVAIL))
}

/// Adds an address with its network.
pub(crate) fn add_address(kernel: &Handle, name: &Name, address: &IpNet) -> Result<(), ErrorKind> {
    match address {
        IpNet::V4(net) => {
            let request = sys::ifaliasreq {
                ifra_name: name.0,
                ifra_addr: sockaddr_v4(net.addr()),
                ifra_dstaddr: sockaddr_v4(net.broadcast()),
                ifra_mask: sockaddr_v4(net.netmask()),
            };
            let socket = socket(kernel, sys::AF_INET, sys::SOCK_DGRAM, 0)?;
            // SAFETY: the command takes a struct ifaliasreq.
            unsafe { socket.ioctl(sys::SIOCAIFADDR, request, &[]) }.map(drop)
        }
        IpNet::V6(net) => {
            let request = sys::in6_aliasreq {
                ifra_name: name.0,
                ifra_addr: sockaddr_v6(net.addr(), scope(kernel, name, address)?),
                ifra_prefixmask: sockaddr_v6(net.netmask(), 0),
                ifra_lifetime: sys::in6_addrlifetime {
                    ia6t_vltime: sys::ND6_INFINITE_LIFETIME,
                    ia6t_pltime: sys::ND6_INFINITE_LIFETIME,
                    ..Default::default()
                },
                ..Default::default()
            };
            let socket = socket(kernel, sys::AF_INET6, sys::SOCK_DGRAM, 0)?;
            // SAFETY: the command takes a struct in6_aliasreq.
            unsafe { socket.ioctl(sys::SIOCAIFADDR_IN6, request, &[]) }.map(drop)
        }
    }
}

/// Takes an address away.
pub(crate) fn remove_address(
    kernel: &Handle,
    name: &Name,
    address: &IpNet,
) -> Result<(), ErrorKind> {
    match address {
        IpNet::V4(net) => {
            let request = sys::ifreq {
                ifr_name: name.0,
                ifr_ifru: sys::ifreq__bindgen_ty_1 {
                    ifru_addr: sockaddr_v4(net.addr()),
                },
            };
            let socket = socket(kernel, sys::AF_INET, sys::SOCK_DGRAM, 0)?;
            // SAFETY: the command takes a struct ifreq with an address.
            unsafe { socket.ioctl(sys::SIOCDIFADDR, request, &[]) }.map(drop)
        }
        IpNet::V6(net) => {
            let request = sys::in6_ifreq {
                ifr_name: name.0,
                ifr_ifru: sys::in6_ifreq__bindgen_ty_1 {
                    ifru_addr: sockaddr_v6(net.addr(), scope(kernel, name, address)?),
                },
            };
            let socket = socket(kernel, sys::AF_INET6, sys::SOCK_DGRAM, 0)?;
            // SAFETY: the command takes a struct in6_ifreq with an address.
            unsafe { socket.ioctl(sys::SIOCDIFADDR_IN6, request, &[]) }.map(drop)
        }
    }
}

/// The scope identifier of an address on this interface, 0 for one that needs none.
fn scope(kernel: &Handle, name: &Name, address: &IpNet) -> Result<u32, ErrorKind> {
    match address.addr() {
        IpAddr::V6(address) if address.is_unicast_link_local() => index(kernel, name),
        _ => Ok(0),
    }
}
