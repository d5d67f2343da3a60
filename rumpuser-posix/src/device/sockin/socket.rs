//! What is done to the host's sockets. Errors are the host's errno.

use std::ffi::c_int;
use std::mem;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use super::address::{self, Address, KernelAddress};
use super::message::{self, Message};
use super::option;
use crate::errno::{from_host, last};
use crate::instance::Instance;
use crate::wait::bell::never_wait;

/// NetBSD's types of socket, and the flag for one that does not block.
const STREAM: c_int = 1;
const DATAGRAM: c_int = 2;
const NEVER_WAIT: c_int = 0x2000_0000;

/// Where the host can be told so with each message.
#[cfg(not(any(target_os = "macos", target_os = "ios")))]
const NO_SIGNAL: c_int = libc::MSG_NOSIGNAL;
#[cfg(any(target_os = "macos", target_os = "ios"))]
const NO_SIGNAL: c_int = 0;

fn check(status: c_int) -> Result<(), c_int> {
    if status < 0 { Err(last()) } else { Ok(()) }
}

/// Takes over a socket that the host has just made.
fn owned(number: c_int) -> Result<OwnedFd, c_int> {
    check(number)?;
    // SAFETY: new, and nobody else's.
    let socket = unsafe { OwnedFd::from_raw_fd(number) };
    // SAFETY: plain values. Where this fails a program that this one starts has the socket, too.
    unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) };
    #[cfg(any(target_os = "macos", target_os = "ios"))]
    set(number, libc::SOL_SOCKET, libc::SO_NOSIGPIPE)?;
    Ok(socket)
}

/// Turns an option on.
fn set(socket: RawFd, level: c_int, name: c_int) -> Result<(), c_int> {
    let on: c_int = 1;
    let (place, size) = (
        (&raw const on).cast(),
        size_of::<c_int>() as libc::socklen_t,
    );
    // SAFETY: the value is an int.
    check(unsafe { libc::setsockopt(socket, level, name, place, size) })
}

/// A new socket, for IPv4 or IPv6, of streams or of datagrams.
pub(super) fn create(instance: &Instance, family: c_int, kind: c_int) -> Result<RawFd, c_int> {
    let family = address::family(family).ok_or(libc::EAFNOSUPPORT)?;
    let ours = match kind & !NEVER_WAIT {
        STREAM => libc::SOCK_STREAM,
        DATAGRAM => libc::SOCK_DGRAM,
        _ => return Err(libc::EPROTONOSUPPORT),
    };
    // Close-on-exec at once where that can be: another thread may start a program.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let ours = ours | libc::SOCK_CLOEXEC;
    // SAFETY: plain values.
    let socket = owned(unsafe { libc::socket(family, ours, 0) })?;
    if kind & NEVER_WAIT != 0 {
        never_wait(socket.as_raw_fd())?;
    }
    if family == libc::AF_INET6 {
        // NetBSD's default.
        set(socket.as_raw_fd(), libc::IPPROTO_IPV6, libc::IPV6_V6ONLY)?;
    }
    instance.descriptors.adopt(socket)
}

pub(super) fn connect(socket: RawFd, to: &Address) -> Result<(), c_int> {
    // SAFETY: an address of that length.
    check(unsafe { libc::connect(socket, to.as_ptr(), to.length) })
}

pub(super) fn bind(socket: RawFd, own: &Address) -> Result<(), c_int> {
    // SAFETY: an address of that length.
    check(unsafe { libc::bind(socket, own.as_ptr(), own.length) })
}

pub(super) fn listen(socket: RawFd, backlog: c_int) -> Result<(), c_int> {
    // SAFETY: plain values.
    check(unsafe { libc::listen(socket, backlog) })
}

pub(super) fn shutdown(socket: RawFd, how: c_int) -> Result<(), c_int> {
    // SAFETY: plain values.
    check(unsafe { libc::shutdown(socket, how) })
}

/// Whether calls on a socket return instead of waiting.
fn never_waits(socket: RawFd) -> bool {
    // SAFETY: plain values.
    let flags = unsafe { libc::fcntl(socket, libc::F_GETFL) };
    flags >= 0 && flags & libc::O_NONBLOCK != 0
}

/// The new socket, which waits or does not, as this one, and its peer's address, for which the kernel
/// has so much room.
pub(super) fn accept(
    instance: &Instance,
    socket: RawFd,
    room: usize,
) -> Result<(RawFd, KernelAddress), c_int> {
    let mut peer = Address::room();
    let length = &raw mut peer.length;
    // SAFETY: room for any address.
    let new = owned(unsafe { libc::accept(socket, peer.as_mut_ptr(), length) })?;
    if never_waits(socket) {
        never_wait(new.as_raw_fd())?;
    }
    let peer = peer.for_kernel(room)?;
    Ok((instance.descriptors.adopt(new)?, peer))
}

/// The socket's address, or its peer's.
pub(super) fn name(socket: RawFd, of_peer: bool) -> Result<Address, c_int> {
    let mut address = Address::room();
    let length = &raw mut address.length;
    // SAFETY: room for any address.
    check(unsafe {
        match of_peer {
            true => libc::getpeername(socket, address.as_mut_ptr(), length),
            false => libc::getsockname(socket, address.as_mut_ptr(), length),
        }
    })?;
    Ok(address)
}

fn count(result: isize) -> Result<usize, c_int> {
    usize::try_from(result).map_err(|_| last())
}

/// Sends a message to an address, if it has one.
pub(super) fn send(
    socket: RawFd,
    theirs: &Message,
    to: Option<Address>,
    flags: c_int,
) -> Result<usize, c_int> {
    let mut to = to;
    let ours = theirs.for_host(to.as_mut());
    // SAFETY: the address is here, and the pieces are the kernel's, which the host looks at.
    count(unsafe { libc::sendmsg(socket, &ours, message::flags(flags) | NO_SIGNAL) })
}

/// What the host says of a message that it has received.
#[derive(Clone, Copy)]
pub(super) struct Received {
    /// In bytes.
    pub(super) length: usize,
    /// The host's.
    pub(super) flags: c_int,
    /// A stream does not say from where its bytes come.
    pub(super) from: Option<Address>,
}

/// Receives a message into the pieces of this one.
pub(super) fn receive(socket: RawFd, theirs: &Message, flags: c_int) -> Result<Received, c_int> {
    let mut from = theirs.asks_for_address().then(Address::room);
    let mut ours = theirs.for_host(from.as_mut());
    // SAFETY: as in send().
    let length = count(unsafe { libc::recvmsg(socket, &mut ours, message::flags(flags)) })?;
    Ok(Received {
        length,
        flags: ours.msg_flags,
        from: from.filter(|_| ours.msg_namelen > 0),
    })
}

pub(super) fn set_option(
    socket: RawFd,
    level: c_int,
    name: c_int,
    value: &[u8],
) -> Result<(), c_int> {
    let (level, name) = option::of_host(level, name).ok_or(libc::ENOPROTOOPT)?;
    let length = libc::socklen_t::try_from(value.len()).map_err(|_| libc::EINVAL)?;
    // SAFETY: so many bytes; the structures of these options are the same everywhere.
    check(unsafe { libc::setsockopt(socket, level, name, value.as_ptr().cast(), length) })
}

pub(super) fn get_option(socket: RawFd, level: c_int, name: c_int) -> Result<c_int, c_int> {
    let (level, name) = option::of_host(level, name).ok_or(libc::ENOPROTOOPT)?;
    let mut value: c_int = 0;
    let mut length = mem::size_of::<c_int>() as libc::socklen_t;
    // SAFETY: room for an int.
    check(unsafe { libc::getsockopt(socket, level, name, (&raw mut value).cast(), &mut length) })?;
    Ok(match (level, name) {
        (libc::SOL_SOCKET, libc::SO_ERROR) => from_host(value),
        _ => value,
    })
}
