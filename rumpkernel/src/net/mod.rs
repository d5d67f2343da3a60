//! Sockets of a kernel's own TCP/IP stack, with the shape of `std::net`.
//!
//! Addresses are those of `std::net`. A kernel boots with the loopback interface lo0 up, with
//! 127.0.0.1 and, with feature `netinet6`, ::1. A name given as an address is looked up by the
//! host.
//!
//! With feature `virtif` a kernel gets Ethernet interfaces (`Interface`). What they are plugged into is a `Link`: a
//! `Hub` or a `wire` between kernels of this process, a `Tap` device of the host, or something of the
//! program's own, such as a tunnel. With feature `shmif` they are on a bus in a file, which kernels in
//! several processes share.
//!
//! With feature `sockin` in place of `netinet` and `netinet6` the sockets are the host's, and so are
//! addresses and routes; what a socket says and does is NetBSD's all the same, except where its
//! documentation says otherwise. Time that a program moves by hand does not move the host's sockets.
//!
//! Errors are [`Error`](crate::Error) in methods of sockets, and [`std::io::Error`] with the same
//! inside where a trait of `std::io` asks for it.

pub(crate) mod address;
#[cfg(any(feature = "shmif", feature = "virtif"))]
mod interface;
#[cfg(feature = "virtif")]
mod link;
mod listener;
mod options;
#[cfg(any(feature = "shmif", feature = "virtif"))]
mod prefix;
#[cfg(any(feature = "shmif", feature = "virtif"))]
mod route;
mod socket;
mod stream;
mod udp;

#[cfg(any(feature = "shmif", feature = "virtif"))]
pub use interface::Interface;
#[cfg(all(feature = "virtif", target_os = "linux"))]
pub use link::Tap;
#[cfg(feature = "virtif")]
pub use link::{Conditions, Hub, HubPort, Record, Tapped, Trace, wire};
pub use listener::{Incoming, TcpListener};
#[cfg(any(feature = "shmif", feature = "virtif"))]
pub use prefix::{IpNet, ToPrefix};
#[cfg(any(feature = "shmif", feature = "virtif"))]
pub use route::{add_route, remove_route, set_forwarding};
#[cfg(feature = "virtif")]
pub use rumpuser_posix::virtif::{Frame, Link, Port};
pub use stream::TcpStream;
pub use udp::UdpSocket;
