//! What all sockets have in common.

use std::ffi::c_int;
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use rumpkernel_sys as sys;

use super::address;
use crate::error::During as _;
use crate::syscall::{self, Descriptor};
use crate::{Errno, Error, ErrorKind, Kernel};

/// An open socket.
#[derive(Debug)]
pub(super) struct Socket {
    descriptor: Descriptor,
}

impl Socket {
    /// A socket for addresses like `address`, of type `SOCK_STREAM` or `SOCK_DGRAM`.
    pub(super) fn new(
        kernel: &Kernel,
        address: &SocketAddr,
        kind: c_int,
    ) -> Result<Self, ErrorKind> {
        let descriptor =
            syscall::socket::socket(kernel.handle(), address::family(address), kind, 0)?;
        Ok(Self { descriptor })
    }

    pub(super) fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    pub(super) fn bind(&self, address: &SocketAddr) -> Result<(), ErrorKind> {
        self.descriptor.bind(&address::to_kernel(address))
    }

    pub(super) fn connect(&self, address: &SocketAddr) -> Result<(), ErrorKind> {
        self.descriptor.connect(&address::to_kernel(address))
    }

    /// Connects, or gives up with `ETIMEDOUT`.
    pub(super) fn connect_timeout(
        &self,
        address: &SocketAddr,
        timeout: Duration,
    ) -> Result<(), ErrorKind> {
        if timeout.is_zero() {
            return Err(ErrorKind::Errno(Errno::INVAL));
        }
        self.descriptor.set_nonblocking(true)?;
        match self.connect(address) {
            Err(ErrorKind::Errno(Errno::INPROGRESS)) => {
                let milliseconds = timeout.as_nanos().div_ceil(1_000_000);
                let milliseconds = c_int::try_from(milliseconds).unwrap_or(c_int::MAX);
                if !self.descriptor.poll(sys::POLLOUT, milliseconds)? {
                    return Err(ErrorKind::Errno(Errno::TIMEDOUT));
                }
                if let Some(error) = self.pending_error()? {
                    return Err(ErrorKind::Errno(error));
                }
            }
            other => other?,
        }
        self.descriptor.set_nonblocking(false)
    }

    pub(super) fn accept(&self) -> Result<(Self, SocketAddr), ErrorKind> {
        let (descriptor, peer) = self.descriptor.accept()?;
        Ok((Self { descriptor }, address::from_kernel(&peer)?))
    }

    pub(super) fn local_addr(&self) -> Result<SocketAddr, Error> {
        self.descriptor
            .getsockname()
            .and_then(|raw| address::from_kernel(&raw))
            .during("getsockname")
    }

    pub(super) fn peer_addr(&self) -> Result<SocketAddr, Error> {
        self.descriptor
            .getpeername()
            .and_then(|raw| address::from_kernel(&raw))
            .during("getpeername")
    }

    pub(super) fn send(&self, bytes: &[u8]) -> Result<usize, Error> {
        self.descriptor.send(bytes, None).during("send")
    }

    pub(super) fn send_to(&self, bytes: &[u8], to: &SocketAddr) -> Result<usize, ErrorKind> {
        self.descriptor.send(bytes, Some(&address::to_kernel(to)))
    }

    pub(super) fn recv(&self, buffer: &mut [u8]) -> Result<usize, Error> {
        self.descriptor.recv(buffer, 0).during("recv")
    }

    pub(super) fn peek(&self, buffer: &mut [u8]) -> Result<usize, Error> {
        self.descriptor.recv(buffer, sys::MSG_PEEK).during("recv")
    }

    pub(super) fn recv_from(
        &self,
        buffer: &mut [u8],
        flags: c_int,
    ) -> Result<(usize, SocketAddr), Error> {
        self.descriptor
            .recvfrom(buffer, flags)
            .and_then(|(count, from)| Ok((count, address::from_kernel(&from)?)))
            .during("recvfrom")
    }

    pub(super) fn shutdown(&self, how: Shutdown) -> Result<(), Error> {
        let how = match how {
            Shutdown::Read => sys::SHUT_RD,
            Shutdown::Write => sys::SHUT_WR,
            Shutdown::Both => sys::SHUT_RDWR,
        };
        self.descriptor.shutdown(how).during("shutdown")
    }

    pub(super) fn try_clone(&self) -> Result<Self, Error> {
        Ok(Self {
            descriptor: self.descriptor.dup().during("dup")?,
        })
    }

    pub(super) fn set_nonblocking(&self, nonblocking: bool) -> Result<(), Error> {
        self.descriptor.set_nonblocking(nonblocking).during("fcntl")
    }

    pub(super) fn take_error(&self) -> Result<Option<Errno>, Error> {
        self.pending_error().during("getsockopt")
    }

    fn pending_error(&self) -> Result<Option<Errno>, ErrorKind> {
        let error = self.number(sys::SOL_SOCKET, sys::SO_ERROR)?;
        Ok((error != 0).then_some(Errno::from_raw(error)))
    }

    /// Sets `SO_RCVTIMEO` or `SO_SNDTIMEO`; `None` waits for ever.
    pub(super) fn set_timeout(
        &self,
        option: c_int,
        timeout: Option<Duration>,
    ) -> Result<(), Error> {
        to_timeval(timeout)
            .and_then(|value| {
                // SAFETY: both options are a struct timeval.
                unsafe { self.descriptor.setsockopt(sys::SOL_SOCKET, option, value) }
            })
            .during("setsockopt")
    }

    pub(super) fn timeout(&self, option: c_int) -> Result<Option<Duration>, Error> {
        // SAFETY: both options are a struct timeval, numbers only.
        let value: sys::timeval =
            unsafe { self.descriptor.getsockopt(sys::SOL_SOCKET, option) }.during("getsockopt")?;
        let seconds = Duration::from_secs(u64::try_from(value.tv_sec).unwrap_or(0));
        let part = Duration::from_micros(u64::try_from(value.tv_usec).unwrap_or(0));
        let timeout = seconds.saturating_add(part);
        Ok((!timeout.is_zero()).then_some(timeout))
    }

    /// An option that is an int, such as most that are on or off.
    pub(super) fn option(&self, level: c_int, name: c_int) -> Result<c_int, Error> {
        self.number(level, name).during("getsockopt")
    }

    pub(super) fn set_option(&self, level: c_int, name: c_int, value: c_int) -> Result<(), Error> {
        self.set_number(level, name, value).during("setsockopt")
    }

    fn number(&self, level: c_int, name: c_int) -> Result<c_int, ErrorKind> {
        // SAFETY: the options that this module's users name are ints.
        unsafe { self.descriptor.getsockopt(level, name) }
    }

    pub(super) fn set_number(
        &self,
        level: c_int,
        name: c_int,
        value: c_int,
    ) -> Result<(), ErrorKind> {
        // SAFETY: as in number().
        unsafe { self.descriptor.setsockopt(level, name, value) }
    }

    /// The time to live, or the hop limit in IPv6, of what this socket sends.
    pub(super) fn ttl(&self) -> Result<u32, Error> {
        let (level, name) = self.ttl_option()?;
        Ok(u32::try_from(self.option(level, name)?).unwrap_or(0))
    }

    pub(super) fn set_ttl(&self, ttl: u32) -> Result<(), Error> {
        let (level, name) = self.ttl_option()?;
        let ttl = u8::try_from(ttl)
            .map_err(|_| ErrorKind::Errno(Errno::INVAL))
            .during("setsockopt")?;
        self.set_option(level, name, ttl.into())
    }

    fn ttl_option(&self) -> Result<(c_int, c_int), Error> {
        Ok(match self.local_addr()? {
            SocketAddr::V4(_) => (sys::IPPROTO_IP, sys::IP_TTL),
            SocketAddr::V6(_) => (sys::IPPROTO_IPV6, sys::IPV6_UNICAST_HOPS),
        })
    }
}

fn to_timeval(timeout: Option<Duration>) -> Result<sys::timeval, ErrorKind> {
    let Some(timeout) = timeout else {
        return Ok(sys::timeval::default());
    };
    if timeout.is_zero() {
        return Err(ErrorKind::Errno(Errno::INVAL));
    }
    // The kernel counts in hundredths of a second in an int; longer is for ever.
    let longest = Duration::from_secs((c_int::MAX / 1000).unsigned_abs().into());
    let timeout = timeout.min(longest);
    Ok(sys::timeval {
        tv_sec: timeout.as_secs().cast_signed(),
        // Never 0, which would wait for ever.
        tv_usec: timeout
            .subsec_micros()
            .max(u32::from(timeout.as_secs() == 0))
            .cast_signed(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_never_taken_for_none() {
        let tiny = to_timeval(Some(Duration::from_nanos(1))).unwrap();
        assert_eq!((tiny.tv_sec, tiny.tv_usec), (0, 1));
        let none = to_timeval(None).unwrap();
        assert_eq!((none.tv_sec, none.tv_usec), (0, 0));
        assert!(to_timeval(Some(Duration::ZERO)).is_err());
        assert!(to_timeval(Some(Duration::MAX)).unwrap().tv_sec > 0);
    }
}
