//! TCP connections.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, ToSocketAddrs};
use std::time::Duration;

use rumpkernel_sys as sys;

use super::address::first_that_works;
use super::options::{common_options, timeouts};
use super::socket::Socket;
use crate::error::During as _;
use crate::{Error, Kernel};

/// A TCP connection, like `std::net::TcpStream`; closed when dropped.
///
/// Several threads may use one at the same time, also through [`try_clone`](Self::try_clone). A
/// thread that waits in it is woken by [`shutdown`](Self::shutdown) on another, or by a timeout.
#[derive(Debug)]
pub struct TcpStream {
    socket: Socket,
}

impl TcpStream {
    pub(super) fn from_socket(socket: Socket) -> Self {
        Self { socket }
    }

    /// Connects to the first of the addresses that answers, connect(2).
    ///
    /// # Errors
    ///
    /// `ECONNREFUSED`, `EHOSTUNREACH`, and others of socket(2) and connect(2).
    pub fn connect(kernel: &Kernel, address: impl ToSocketAddrs) -> Result<Self, Error> {
        first_that_works("connect", address, |address| {
            let socket = Socket::new(kernel, address, sys::SOCK_STREAM)?;
            socket.connect(address)?;
            Ok(Self { socket })
        })
    }

    /// Connects, waiting no longer than `timeout`, to the next millisecond.
    ///
    /// # Errors
    ///
    /// `ETIMEDOUT`; `EINVAL` for a timeout of zero; otherwise as for [`connect`](Self::connect).
    pub fn connect_timeout(
        kernel: &Kernel,
        address: &SocketAddr,
        timeout: Duration,
    ) -> Result<Self, Error> {
        Socket::new(kernel, address, sys::SOCK_STREAM)
            .and_then(|socket| {
                socket.connect_timeout(address, timeout)?;
                Ok(Self { socket })
            })
            .during_at("connect", *address)
    }

    /// The address of the other end, getpeername(2).
    ///
    /// # Errors
    ///
    /// Those of getpeername(2).
    pub fn peer_addr(&self) -> Result<SocketAddr, Error> {
        self.socket.peer_addr()
    }

    /// The address of this end, getsockname(2).
    ///
    /// # Errors
    ///
    /// Those of getsockname(2).
    pub fn local_addr(&self) -> Result<SocketAddr, Error> {
        self.socket.local_addr()
    }

    /// Ends one direction or both, shutdown(2). Who waits in a read sees the end of the stream.
    ///
    /// # Errors
    ///
    /// `ENOTCONN`, and others of shutdown(2).
    pub fn shutdown(&self, how: Shutdown) -> Result<(), Error> {
        self.socket.shutdown(how)
    }

    /// Another handle to the same connection, dup(2): one thread can read while another writes.
    ///
    /// # Errors
    ///
    /// `EMFILE` when too many files are open.
    pub fn try_clone(&self) -> Result<Self, Error> {
        Ok(Self {
            socket: self.socket.try_clone()?,
        })
    }

    /// Reads without taking the data away, recv(2) with `MSG_PEEK`.
    ///
    /// # Errors
    ///
    /// Those of recv(2).
    pub fn peek(&self, buffer: &mut [u8]) -> Result<usize, Error> {
        self.socket.peek(buffer)
    }

    /// Makes small writes be sent at once, or be gathered, `TCP_NODELAY`.
    ///
    /// # Errors
    ///
    /// Those of setsockopt(2).
    pub fn set_nodelay(&self, nodelay: bool) -> Result<(), Error> {
        self.socket
            .set_option(sys::IPPROTO_TCP, sys::TCP_NODELAY, nodelay.into())
    }

    /// Returns whether small writes are sent at once, `TCP_NODELAY`.
    ///
    /// # Errors
    ///
    /// Those of getsockopt(2).
    pub fn nodelay(&self) -> Result<bool, Error> {
        Ok(self.socket.option(sys::IPPROTO_TCP, sys::TCP_NODELAY)? != 0)
    }
}

common_options!(TcpStream);
timeouts!(TcpStream);

impl Read for &TcpStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(self.socket.recv(buffer)?)
    }
}

impl Write for &TcpStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(self.socket.send(bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for TcpStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self).read(buffer)
    }
}

impl Write for TcpStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
