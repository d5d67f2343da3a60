//! Listening for TCP connections.

use std::iter::FusedIterator;
use std::net::{SocketAddr, ToSocketAddrs};

use rumpkernel_sys as sys;

use super::TcpStream;
use super::address::first_that_works;
use super::options::common_options;
use super::socket::Socket;
use crate::error::During as _;
use crate::{Error, Kernel};

/// The length of the queue of connections that nobody has accepted, as in `std`.
const BACKLOG: i32 = 128;

/// A TCP socket that listens for connections, like `std::net::TcpListener`; closed when dropped.
#[derive(Debug)]
pub struct TcpListener {
    socket: Socket,
}

impl TcpListener {
    /// Listens on `address`; port 0 chooses a free one. `SO_REUSEADDR` is set, as in `std`. An
    /// IPv6 socket takes IPv6 connections only, as is NetBSD's default.
    ///
    /// # Errors
    ///
    /// `EADDRINUSE`, `EADDRNOTAVAIL`, and others of socket(2), bind(2) and listen(2).
    pub fn bind(kernel: &Kernel, address: impl ToSocketAddrs) -> Result<Self, Error> {
        first_that_works("bind", address, |address| {
            let socket = Socket::new(kernel, address, sys::SOCK_STREAM)?;
            socket.set_number(sys::SOL_SOCKET, sys::SO_REUSEADDR, 1)?;
            socket.bind(address)?;
            socket.descriptor().listen(BACKLOG)?;
            Ok(Self { socket })
        })
    }

    /// Waits for a connection, accept(2). [`close`](Self::close) on another thread ends the wait.
    ///
    /// # Errors
    ///
    /// `EAGAIN` when nonblocking and there is none; `ECONNABORTED` after close; others of
    /// accept(2).
    pub fn accept(&self) -> Result<(TcpStream, SocketAddr), Error> {
        let (socket, peer) = self.socket.accept().during("accept")?;
        Ok((TcpStream::from_socket(socket), peer))
    }

    /// Connections as they come, for ever.
    pub fn incoming(&self) -> Incoming<'_> {
        Incoming { listener: self }
    }

    /// Takes no more connections: who waits in [`accept`](Self::accept), on this or on a cloned
    /// handle, gets `ECONNABORTED`.
    ///
    /// # Errors
    ///
    /// Those of shutdown(2).
    pub fn close(&self) -> Result<(), Error> {
        self.socket.shutdown(std::net::Shutdown::Both)
    }

    /// The address that it listens on, getsockname(2).
    ///
    /// # Errors
    ///
    /// Those of getsockname(2).
    pub fn local_addr(&self) -> Result<SocketAddr, Error> {
        self.socket.local_addr()
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
}

common_options!(TcpListener);

/// The iterator of [`TcpListener::incoming`]; it never ends.
#[derive(Debug)]
pub struct Incoming<'a> {
    listener: &'a TcpListener,
}

impl Iterator for Incoming<'_> {
    type Item = Result<TcpStream, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.listener.accept().map(|(stream, _)| stream))
    }
}

impl FusedIterator for Incoming<'_> {}
