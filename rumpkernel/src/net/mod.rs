//! Sockets of a kernel's own TCP/IP stack, with the shape of `std::net`.
//!
//! Addresses are those of `std::net`. A kernel boots with the loopback interface lo0 up, with
//! 127.0.0.1 and, with feature `netinet6`, ::1. A name given as an address is looked up by the
//! host.
//!
//! Errors are [`Error`](crate::Error) in methods of sockets, and [`std::io::Error`] with the same
//! inside where a trait of `std::io` asks for it.

mod address;
mod listener;
mod options;
mod socket;
mod stream;
mod udp;

pub use listener::{Incoming, TcpListener};
pub use stream::TcpStream;
pub use udp::UdpSocket;
