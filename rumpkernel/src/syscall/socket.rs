//! System calls on sockets.

use std::ffi::c_int;
use std::ptr;

use rumpkernel_sys::{self as sys, SystemCall, calls};

use super::Descriptor;
use crate::ErrorKind;
use crate::backend::{CallKind, Handle, Input, Output, Returned};

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

    /// The places for the address and its length.
    fn places(&mut self) -> [Output<'_>; 2] {
        [
            Output::new(&mut self.storage),
            Output::new(&mut self.length),
        ]
    }

    /// The bytes of the address. The kernel may say that an address was longer than the room.
    pub(crate) fn bytes(&self) -> &[u8] {
        let length = usize::try_from(self.length).unwrap_or(usize::MAX);
        &self.storage.0[..length.min(size_of::<Storage>())]
    }
}

pub(crate) fn socket(
    kernel: &Handle,
    family: c_int,
    kind: c_int,
    protocol: c_int,
) -> Result<Descriptor, ErrorKind> {
    let number = kernel.plain(calls::socket(family, kind, protocol))?;
    Ok(Descriptor::adopt(kernel, number.int()))
}

impl Descriptor {
    pub(crate) fn bind(&self, address: &RawAddress) -> Result<(), ErrorKind> {
        let name = Input::new(address.bytes());
        let call = calls::bind(self.number(), name.start(), name.length() as u32);
        // SAFETY: the only pointer leads to `name`, an address of that length.
        unsafe { self.kernel().short(call, &[name], &mut []) }.map(drop)
    }

    pub(crate) fn connect(&self, address: &RawAddress) -> Result<(), ErrorKind> {
        let name = Input::new(address.bytes());
        let call = calls::connect(self.number(), name.start(), name.length() as u32);
        // SAFETY: as in bind().
        unsafe { self.endless(&call, &[name], &mut []) }.map(drop)
    }

    pub(crate) fn listen(&self, backlog: c_int) -> Result<(), ErrorKind> {
        let call = calls::listen(self.number(), backlog);
        self.kernel().plain(call).map(drop)
    }

    /// accept(2); the new socket waits, whatever this one does (paccept(2) without flags).
    pub(crate) fn accept(&self) -> Result<(Self, RawAddress), ErrorKind> {
        let mut peer = RawAddress::room();
        let [name, length] = peer.places();
        let call = calls::paccept(self.number(), name.start(), length.start(), ptr::null(), 0);
        // SAFETY: `name` has room for the number of bytes that `length` says; the signal mask is
        // null.
        let number = unsafe { self.endless(&call, &[], &mut [name, length]) }?;
        Ok((Self::adopt(self.kernel(), number.int()), peer))
    }

    pub(crate) fn getsockname(&self) -> Result<RawAddress, ErrorKind> {
        self.address_by(calls::getsockname)
    }

    pub(crate) fn getpeername(&self) -> Result<RawAddress, ErrorKind> {
        self.address_by(calls::getpeername)
    }

    fn address_by(
        &self,
        call: fn(c_int, *mut sys::sockaddr, *mut sys::socklen_t) -> SystemCall,
    ) -> Result<RawAddress, ErrorKind> {
        let mut address = RawAddress::room();
        let [name, length] = address.places();
        let call = call(self.number(), name.start(), length.start());
        // SAFETY: `name` has room for the number of bytes that `length` says.
        unsafe { self.kernel().short(call, &[], &mut [name, length]) }?;
        Ok(address)
    }

    /// sendto(2), never with SIGPIPE.
    pub(crate) fn send(&self, bytes: &[u8], to: Option<&RawAddress>) -> Result<usize, ErrorKind> {
        let bytes = Input::new(bytes);
        let name = Input::new(to.map_or(&[][..], RawAddress::bytes));
        let start = match to {
            Some(_) => name.start(),
            None => ptr::null(),
        };
        let call = calls::sendto(
            self.number(),
            bytes.start(),
            bytes.length(),
            sys::MSG_NOSIGNAL,
            start,
            name.length() as u32,
        );
        // SAFETY: the pointers lead to `bytes`, of which the length is given, and to an address of
        // the length given or nowhere.
        let sent = unsafe { self.endless(&call, &[bytes, name], &mut []) }?;
        Ok(sent.count(bytes.length()))
    }

    pub(crate) fn recv(&self, buffer: &mut [u8], flags: c_int) -> Result<usize, ErrorKind> {
        let buffer = Output::new(buffer);
        let room = buffer.length();
        let (name, length) = (ptr::null_mut(), ptr::null_mut());
        let call = calls::recvfrom(self.number(), buffer.start(), room, flags, name, length);
        // SAFETY: `buffer` has `room` bytes; no address is asked for.
        let count = unsafe { self.endless(&call, &[], &mut [buffer]) }?;
        Ok(count.count(room))
    }

    pub(crate) fn recvfrom(
        &self,
        buffer: &mut [u8],
        flags: c_int,
    ) -> Result<(usize, RawAddress), ErrorKind> {
        let mut from = RawAddress::room();
        let [name, length] = from.places();
        let buffer = Output::new(buffer);
        let room = buffer.length();
        let call = calls::recvfrom(
            self.number(),
            buffer.start(),
            room,
            flags,
            name.start(),
            length.start(),
        );
        // SAFETY: as in recv() and accept().
        let count = unsafe { self.endless(&call, &[], &mut [buffer, name, length]) }?;
        Ok((count.count(room), from))
    }

    pub(crate) fn shutdown(&self, how: c_int) -> Result<(), ErrorKind> {
        let call = calls::shutdown(self.number(), how);
        self.kernel().plain(call).map(drop)
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
        let value = Input::new(&value);
        let length = size_of::<T>() as u32;
        let call = calls::setsockopt(self.number(), level, name, value.start(), length);
        // SAFETY: the only pointer leads to `value`, of which the length is given.
        unsafe { self.kernel().short(call, &[value], &mut []) }.map(drop)
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
        let (place, size) = (Output::new(&mut value), Output::new(&mut length));
        let call = calls::getsockopt(self.number(), level, name, place.start(), size.start());
        // SAFETY: `place` has room for the number of bytes that `size` says.
        unsafe { self.kernel().short(call, &[], &mut [place, size]) }?;
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
        let place = Output::new(&mut query);
        let call = calls::poll(place.start(), 1, timeout);
        // SAFETY: the only pointer leads to `place`, the one struct pollfd that is announced.
        let ready = unsafe { self.endless(&call, &[], &mut [place]) }?;
        Ok(ready.int() > 0)
    }

    fn fcntl(&self, command: c_int, argument: c_int) -> Result<c_int, ErrorKind> {
        let argument = ptr::without_provenance_mut(argument as usize);
        let call = calls::fcntl(self.number(), command, argument);
        // SAFETY: F_GETFL and F_SETFL take numbers and do not follow the argument.
        unsafe { self.kernel().short(call, &[], &mut []) }.map(Returned::int)
    }

    /// Makes a system call that may wait for a peer on the network.
    ///
    /// # Safety
    ///
    /// As for [`Backend::syscall`](crate::backend::Backend::syscall).
    unsafe fn endless(
        &self,
        call: &SystemCall,
        inputs: &[Input<'_>],
        outputs: &mut [Output<'_>],
    ) -> Result<Returned, ErrorKind> {
        // SAFETY: passed on to the caller.
        unsafe {
            self.kernel()
                .syscall(CallKind::Endless, call, inputs, outputs)
        }
    }
}
