//! Routes and routers.

use std::net::IpAddr;

use super::ToPrefix;
use crate::error::During as _;
use crate::syscall::{route, sysctl};
use crate::{Errno, Error, ErrorKind, Kernel};

/// Sends what goes to a network by way of a gateway, such as `"10.2.0.0/16"` by `10.1.0.1`;
/// `"0.0.0.0/0"` and `"::/0"` stand for everything that has no route of its own, route(8).
///
/// # Errors
///
/// `EEXIST` when the network has a route; `ENETUNREACH` when the gateway is on no network of this
/// kernel's; `EINVAL` for a gateway of the other protocol; [`ErrorKind::BadPrefix`].
pub fn add_route(kernel: &Kernel, to: impl ToPrefix, gateway: IpAddr) -> Result<(), Error> {
    to.to_prefix()
        .and_then(|net| {
            if net.addr().is_ipv4() != gateway.is_ipv4() {
                return Err(ErrorKind::Errno(Errno::INVAL));
            }
            route::add(kernel.handle(), &net, gateway)
        })
        .during("route add")
}

/// Removes the route to a network.
///
/// # Errors
///
/// `ESRCH` when it has none; [`ErrorKind::BadPrefix`].
pub fn remove_route(kernel: &Kernel, to: impl ToPrefix) -> Result<(), Error> {
    to.to_prefix()
        .and_then(|net| route::remove(kernel.handle(), &net))
        .during("route delete")
}

/// Makes the kernel a router, or no longer: it forwards packets that are not for itself, in each
/// IP version that it has. Off at first. `net.inet.ip.forwarding` and `net.inet6.ip6.forwarding`.
///
/// # Errors
///
/// Only that the kernel is dead.
pub fn set_forwarding(kernel: &Kernel, forwarding: bool) -> Result<(), Error> {
    for variable in ["net.inet.ip.forwarding", "net.inet6.ip6.forwarding"] {
        match sysctl::set(kernel.handle(), variable, forwarding.into()) {
            // A kernel without this protocol.
            Err(ErrorKind::Errno(Errno::NOENT)) => {}
            result => result.during("sysctl")?,
        }
    }
    Ok(())
}
