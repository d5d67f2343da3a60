//! System calls on sockets.

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use rumpkernel_sys as sys;

use super::Descriptor;
use super::descriptor::within;
use crate::ErrorKind;
use crate::gate::Gate;

/// An address as the kernel reads and writes it, with its length.
#[derive(Clone, Copy, Default)]
pub(crate) struct RawAddress {
    pub(crate) storage: Storage,
    pub(crate) length: u32,
}

/// Room for every socket address, `struct sockaddr_storage`.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(crate) struct Storage(pub(crate) [u8; size_of::<sys::sockaddr_storage>()]);

impl Default for Storage {
    fn default() -> Self {
        Self([0; size_of::<sys::sockaddr_storage>()])
    }
}

impl RawAddress {
    /// Room for the kernel to write an address to.
    fn room() -> Self {
        Self {
            storage: Storage::default(),
            length: size_of::<Storage>() as u32,
        }
    }

    /// The bytes of the address. The kernel may say that an address was longer than the room.
    pub(crate) fn bytes(&self) -> &[u8] {
        let length = usize::try_from(self.length).unwrap_or(usize::MAX);
        &self.storage.0[..length.min(size_of::<Storage>())]
    }
}

pub(crate) fn socket(
    gate: &Arc<Gate>,
    family: c_int,
    kind: c_int,
    protocol: c_int,
) -> Result<Descriptor, ErrorKind> {
    // SAFETY: plain values.
    let number = unsafe { gate.syscall(move |k| (k.sys_socket)(family, kind, protocol)) }?;
    Ok(Descriptor::adopt(gate, number))
}

impl Descriptor {
    pub(crate) fn bind(&self, address: &RawAddress) -> Result<(), ErrorKind> {
        let (fd, name, length) = (self.number(), &raw const address.storage, address.length);
        // SAFETY: `name` is borrowed for the call, and `length` bytes of it are an address.
        unsafe {
            self.gate()
                .syscall(move |k| (k.sys_bind)(fd, name.cast(), length))
        }
        .map(drop)
    }

    pub(crate) fn connect(&self, address: &RawAddress) -> Result<(), ErrorKind> {
        let (fd, name, length) = (self.number(), &raw const address.storage, address.length);
        // SAFETY: as in bind().
        unsafe {
            self.gate()
                .endless_syscall(move |k| (k.sys_connect)(fd, name.cast(), length))
        }
        .map(drop)
    }

    pub(crate) fn listen(&self, backlog: c_int) -> Result<(), ErrorKind> {
        let fd = self.number();
        // SAFETY: plain values.
        unsafe { self.gate().syscall(move |k| (k.sys_listen)(fd, backlog)) }.map(drop)
    }

    /// accept(2); the new socket waits, whatever this one does (paccept(2) without flags).
    pub(crate) fn accept(&self) -> Result<(Self, RawAddress), ErrorKind> {
        let mut peer = RawAddress::room();
        let (fd, name, length) = (self.number(), &raw mut peer.storage, &raw mut peer.length);
        // SAFETY: `name` has room for the number of bytes that `length` says; no signal mask.
        let number = unsafe {
            self.gate().endless_syscall(move |k| {
                (k.sys_paccept)(fd, name.cast(), length, std::ptr::null(), 0)
            })
        }?;
        Ok((Self::adopt(self.gate(), number), peer))
    }

    pub(crate) fn getsockname(&self) -> Result<RawAddress, ErrorKind> {
        let mut own = RawAddress::room();
        let (fd, name, length) = (self.number(), &raw mut own.storage, &raw mut own.length);
        // SAFETY: as in accept().
        unsafe {
            self.gate()
                .syscall(move |k| (k.sys_getsockname)(fd, name.cast(), length))
        }?;
        Ok(own)
    }

    pub(crate) fn getpeername(&self) -> Result<RawAddress, ErrorKind> {
        let mut peer = RawAddress::room();
        let (fd, name, length) = (self.number(), &raw mut peer.storage, &raw mut peer.length);
        // SAFETY: as in accept().
        unsafe {
            self.gate()
                .syscall(move |k| (k.sys_getpeername)(fd, name.cast(), length))
        }?;
        Ok(peer)
    }

    /// sendto(2), never with SIGPIPE.
    pub(crate) fn send(&self, bytes: &[u8], to: Option<&RawAddress>) -> Result<usize, ErrorKind> {
        let (fd, start, count) = (self.number(), bytes.as_ptr(), bytes.len());
        let (name, length) = match to {
            Some(address) => (&raw const address.storage, address.length),
            None => (std::ptr::null(), 0),
        };
        // SAFETY: `bytes` is borrowed and has `count` readable bytes; `name` is null with length
        // 0, or as in bind().
        let sent = unsafe {
            self.gate().endless_syscall(move |k| {
                (k.sys_sendto)(
                    fd,
                    start.cast(),
                    count,
                    sys::MSG_NOSIGNAL,
                    name.cast(),
                    length,
                )
            })
        }?;
        Ok(within(sent, count))
    }

    pub(crate) fn recv(&self, buffer: &mut [u8], flags: c_int) -> Result<usize, ErrorKind> {
        let (fd, start, room) = (self.number(), buffer.as_mut_ptr(), buffer.len());
        let (name, length) = (std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: `buffer` is borrowed and has `room` writable bytes; no address is asked for.
        let count = unsafe {
            self.gate().endless_syscall(move |k| {
                (k.sys_recvfrom)(fd, start.cast(), room, flags, name, length)
            })
        }?;
        Ok(within(count, room))
    }

    pub(crate) fn recvfrom(
        &self,
        buffer: &mut [u8],
        flags: c_int,
    ) -> Result<(usize, RawAddress), ErrorKind> {
        let mut from = RawAddress::room();
        let (fd, start, room) = (self.number(), buffer.as_mut_ptr(), buffer.len());
        let (name, length) = (&raw mut from.storage, &raw mut from.length);
        // SAFETY: as in recv() and accept().
        let count = unsafe {
            self.gate().endless_syscall(move |k| {
                (k.sys_recvfrom)(fd, start.cast(), room, flags, name.cast(), length)
            })
        }?;
        Ok((within(count, room), from))
    }

    pub(crate) fn shutdown(&self, how: c_int) -> Result<(), ErrorKind> {
        let fd = self.number();
        // SAFETY: plain values.
        unsafe { self.gate().syscall(move |k| (k.sys_shutdown)(fd, how)) }.map(drop)
    }

    /// Sets an option whose value is a `T`.
    ///
    /// # Safety
    ///
    /// `T` is the C type of the option in NetBSD, without padding that is not initialised.
    pub(crate) unsafe fn setsockopt<T: Copy>(
        &self,
        level: c_int,
        name: c_int,
        value: T,
    ) -> Result<(), ErrorKind> {
        let (fd, place) = (self.number(), (&raw const value).cast::<c_void>());
        // SAFETY: `place` is a `T` that lives through the call, of the size that is said.
        unsafe {
            self.gate()
                .syscall(move |k| (k.sys_setsockopt)(fd, level, name, place, size_of::<T>() as u32))
        }
        .map(drop)
    }

    /// Gets an option whose value is a `T`.
    ///
    /// # Safety
    ///
    /// `T` is the C type of the option in NetBSD, for which all bytes are valid.
    pub(crate) unsafe fn getsockopt<T: Copy + Default>(
        &self,
        level: c_int,
        name: c_int,
    ) -> Result<T, ErrorKind> {
        let mut value = T::default();
        let mut length = size_of::<T>() as u32;
        let (fd, place, length) = (
            self.number(),
            (&raw mut value).cast::<c_void>(),
            &raw mut length,
        );
        // SAFETY: `place` has room for the number of bytes that `length` says.
        unsafe {
            self.gate()
                .syscall(move |k| (k.sys_getsockopt)(fd, level, name, place, length))
        }?;
        Ok(value)
    }

    /// Makes calls return EAGAIN instead of waiting, or wait again, fcntl(2) F_SETFL with
    /// O_NONBLOCK.
    pub(crate) fn set_nonblocking(&self, nonblocking: bool) -> Result<(), ErrorKind> {
        let now = self.fcntl(sys::F_GETFL, 0)?;
        let wanted = match nonblocking {
            true => now | sys::O_NONBLOCK,
            false => now & !sys::O_NONBLOCK,
        };
        self.fcntl(sys::F_SETFL, wanted).map(drop)
    }

    /// Waits until one of `events` of poll(2), for at most `timeout` milliseconds (-1: for ever).
    /// Says whether there was one in time.
    pub(crate) fn poll(&self, events: c_int, timeout: c_int) -> Result<bool, ErrorKind> {
        let mut query = sys::pollfd {
            fd: self.number(),
            events: events as i16,
            revents: 0,
        };
        let place = &raw mut query;
        // SAFETY: `place` is the one writable struct pollfd that is announced.
        let ready = unsafe {
            self.gate()
                .endless_syscall(move |k| (k.sys_poll)(place, 1, timeout))
        }?;
        Ok(ready > 0)
    }

    fn fcntl(&self, command: c_int, argument: c_int) -> Result<c_int, ErrorKind> {
        let (fd, argument) = (
            self.number(),
            std::ptr::without_provenance_mut(argument as usize),
        );
        // SAFETY: plain values: F_GETFL and F_SETFL take numbers and do not follow the argument.
        unsafe {
            self.gate()
                .syscall(move |k| (k.sys_fcntl)(fd, command, argument))
        }
    }
}
