//! UDP.

use std::net::{SocketAddr, ToSocketAddrs};

use rumpkernel_sys as sys;

use super::address::first_that_works;
use super::options::{common_options, timeouts};
use super::socket::Socket;
use crate::{Error, Kernel};

/// A UDP socket, like `std::net::UdpSocket`; closed when dropped.
///
/// Several threads may use one at the same time. One that waits in it is woken by a timeout.
#[derive(Debug)]
pub struct UdpSocket {
    socket: Socket,
}

impl UdpSocket {
    /// A socket with the address `address`; port 0 chooses a free one.
    ///
    /// # Errors
    ///
    /// `EADDRINUSE`, `EADDRNOTAVAIL`, and others of socket(2) and bind(2).
    pub fn bind(kernel: &Kernel, address: impl ToSocketAddrs) -> Result<Self, Error> {
        first_that_works("bind", address, |address| {
            let socket = Socket::new(kernel, address, sys::SOCK_DGRAM)?;
            socket.bind(address)?;
            Ok(Self { socket })
        })
    }

    /// Sends to and receives from this address only from now on, connect(2).
    ///
    /// # Errors
    ///
    /// Those of connect(2).
    pub fn connect(&self, address: impl ToSocketAddrs) -> Result<(), Error> {
        first_that_works("connect", address, |address| self.socket.connect(address))
    }

    /// Sends a packet to `address`, the first if it stands for several, sendto(2).
    ///
    /// # Errors
    ///
    /// `EMSGSIZE`, and others of sendto(2).
    pub fn send_to(&self, bytes: &[u8], address: impl ToSocketAddrs) -> Result<usize, Error> {
        first_that_works("sendto", address, |address| {
            self.socket.send_to(bytes, address)
        })
    }

    /// Waits for a packet, and says from where it came, recvfrom(2). What does not fit is lost.
    ///
    /// # Errors
    ///
    /// `EAGAIN` when nonblocking or after the timeout; others of recvfrom(2).
    pub fn recv_from(&self, buffer: &mut [u8]) -> Result<(usize, SocketAddr), Error> {
        self.socket.recv_from(buffer, 0)
    }

    /// Like [`recv_from`](Self::recv_from), and leaves the packet there.
    ///
    /// # Errors
    ///
    /// As for [`recv_from`](Self::recv_from).
    pub fn peek_from(&self, buffer: &mut [u8]) -> Result<(usize, SocketAddr), Error> {
        self.socket.recv_from(buffer, sys::MSG_PEEK)
    }

    /// Sends a packet to the address of [`connect`](Self::connect), send(2).
    ///
    /// # Errors
    ///
    /// `EDESTADDRREQ` when not connected; `ECONNREFUSED` when nobody listened to an earlier one;
    /// others of send(2).
    pub fn send(&self, bytes: &[u8]) -> Result<usize, Error> {
        self.socket.send(bytes)
    }

    /// Waits for a packet, recv(2). What does not fit is lost.
    ///
    /// # Errors
    ///
    /// As for [`recv_from`](Self::recv_from).
    pub fn recv(&self, buffer: &mut [u8]) -> Result<usize, Error> {
        self.socket.recv(buffer)
    }

    /// Like [`recv`](Self::recv), and leaves the packet there.
    ///
    /// # Errors
    ///
    /// As for [`recv_from`](Self::recv_from).
    pub fn peek(&self, buffer: &mut [u8]) -> Result<usize, Error> {
        self.socket.peek(buffer)
    }

    /// The address of this socket, getsockname(2).
    ///
    /// # Errors
    ///
    /// Those of getsockname(2).
    pub fn local_addr(&self) -> Result<SocketAddr, Error> {
        self.socket.local_addr()
    }

    /// The address of [`connect`](Self::connect), getpeername(2).
    ///
    /// # Errors
    ///
    /// `ENOTCONN` when not connected.
    pub fn peer_addr(&self) -> Result<SocketAddr, Error> {
        self.socket.peer_addr()
    }

    /// Another handle to the same socket, dup(2).
    ///
    /// # Errors
    ///
    /// `EMFILE` when too many files are open.
    pub fn try_clone(&self) -> Result<Self, Error> {
        Ok(Self {
            socket: self.socket.try_clone()?,
        })
    }

    /// Allows or forbids packets to broadcast addresses, `SO_BROADCAST`.
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2).
    pub fn set_broadcast(&self, broadcast: bool) -> Result<(), Error> {
        self.socket
            .set_option(sys::SOL_SOCKET, sys::SO_BROADCAST, broadcast.into())
    }

    /// Returns whether packets may be sent to broadcast addresses, `SO_BROADCAST`.
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn broadcast(&self) -> Result<bool, Error> {
        Ok(self.socket.option(sys::SOL_SOCKET, sys::SO_BROADCAST)? != 0)
    }
}

common_options!(UdpSocket);
timeouts!(UdpSocket);
