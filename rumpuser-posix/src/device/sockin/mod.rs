//! `rumpcomp_sockin_*`: the host's sockets, of the component rumpnet_sockin.
//!
//! A socket of the kernel's is one of the host's, and its descriptor is the kernel's: given back
//! when the kernel is dead. Addresses, options, flags and error numbers are translated. The
//! kernel's part asks for sockets that never block (`SOCK_NONBLOCK`), and one thread of its own
//! waits in `rumpcomp_sockin_poll` until the host has something, another thread
//! [wakes](rumpcomp_sockin_wake) it, or the kernel dies. That of the oldest snapshots asks for
//! sockets that block.

mod address;
mod message;
mod option;
mod socket;

use std::ffi::{c_int, c_void};
use std::os::fd::RawFd;
use std::ptr;
use std::slice;

use crate::errno::from_host;
use crate::instance::{Extension, Instance, access, caller};
use crate::state::descriptor::Open;
use crate::state::fault::Fault;
use crate::wait::Dead;
use crate::wait::bell::{self, Bell};

use message::Message;

/// What the sockets of one kernel have in common.
#[derive(Debug, Default)]
struct Common {
    /// Ends the poll in progress.
    bell: Bell,
}

impl Extension for Common {
    // The sockets themselves are descriptors of the kernel's.
    fn clear(&self) {}
}

fn common(instance: &Instance) -> &Common {
    instance.extensions.get(Common::default)
}

/// Stores a value, or gives NetBSD's number.
///
/// # Safety
///
/// The place can be written.
unsafe fn report<T: Copy>(result: Result<T, c_int>, place: *mut T) -> c_int {
    match result {
        Ok(value) => {
            // SAFETY: by the contract of this function.
            unsafe { access::store(place, value) };
            0
        }
        Err(error) => from_host(error),
    }
}

/// Calls the host for a socket of the kernel's, without CPU. `Err` with the host's errno.
fn on_host<R: Copy>(
    instance: &Instance,
    socket: c_int,
    call: impl FnOnce(RawFd) -> Result<R, c_int> + Copy,
) -> Result<R, c_int> {
    if instance.faults().strikes(Fault::Socket) {
        return Err(libc::ENOBUFS);
    }
    instance.unscheduled(|| {
        let held = instance.descriptors.find(socket)?;
        call(held.number())
    })
}

/// Waits for events of sockets, which stay open meanwhile. The kernel may ask for one that it has
/// just closed: POLLNVAL, as poll(2) says.
fn poll(
    instance: &Instance,
    wanted: &mut [libc::pollfd],
    milliseconds: c_int,
) -> Result<bell::Ready, Dead> {
    let (mut held, mut asked) = (Vec::new(), Vec::new());
    if held.try_reserve_exact(wanted.len()).is_err()
        || asked.try_reserve_exact(wanted.len()).is_err()
    {
        return Ok(Err(libc::ENOMEM));
    }
    for one in &*wanted {
        let socket = instance.descriptors.find(one.fd).ok();
        let fd = socket.as_ref().map_or(NO_SOCKET, Open::number);
        asked.push(libc::pollfd { fd, ..*one });
        held.push(socket);
    }
    let milliseconds = match held.iter().all(Option::is_some) {
        true => milliseconds,
        false => 0,
    };
    let bells = [&common(instance).bell];
    let ready = bell::wait(&instance.parked, &mut asked, &bells, milliseconds)?;
    for (one, asked) in wanted.iter_mut().zip(&asked) {
        one.revents = match asked.fd {
            NO_SOCKET => libc::POLLNVAL,
            _ => asked.revents,
        };
    }
    Ok(ready)
}

/// What poll(2) does not look at.
const NO_SOCKET: RawFd = -1;

/// Looks at an address of the kernel's.
fn look_at(name: *const u8, length: c_int) {
    // SAFETY: what is there is of no concern here.
    unsafe { access::values(name, usize::try_from(length).unwrap_or(0)) };
}

/// Looks at the kernel's room for an address, and at its length.
fn look_at_room(name: *mut u8, length: *mut c_int) {
    access::writable(length.cast(), size_of::<c_int>());
    // SAFETY: it can be written.
    let length = unsafe { length.read_unaligned() };
    access::writable(name.cast(), usize::try_from(length).unwrap_or(0));
}

/// Makes a socket and stores its descriptor.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpcomp_sockin_socket(
    family: c_int,
    kind: c_int,
    _protocol: c_int,
    place: *mut c_int,
) -> c_int {
    let instance = &*caller();
    let result = instance.unscheduled(|| socket::create(instance, family, kind));
    // SAFETY: the kernel passes a place for the number.
    unsafe { report(result, place) }
}

/// Sends a message and stores how much of it was sent. Never raises SIGPIPE.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpcomp_sockin_sendmsg(
    socket: c_int,
    message: *const Message,
    flags: c_int,
    place: *mut usize,
) -> c_int {
    let instance = &*caller();
    // SAFETY: the kernel's message.
    unsafe { Message::look_at(message) };
    // SAFETY: the kernel's message, whose parts are there until this returns.
    let result = on_host(instance, socket, |socket| unsafe {
        socket::send(socket, &*message, flags)
    });
    // SAFETY: the kernel passes a place for the count.
    unsafe { report(result, place) }
}

/// Receives a message and stores its length.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpcomp_sockin_recvmsg(
    socket: c_int,
    message: *mut Message,
    flags: c_int,
    place: *mut usize,
) -> c_int {
    let instance = &*caller();
    // SAFETY: the kernel's message.
    unsafe { Message::look_at(message) };
    access::writable(message.cast(), size_of::<Message>());
    // SAFETY: the kernel's message, whose parts can be written and are there until this returns.
    let result = on_host(instance, socket, |socket| unsafe {
        socket::receive(socket, &mut *message, flags)
    });
    // SAFETY: the kernel passes a place for the count.
    unsafe { report(result, place) }
}

/// Connects; EINPROGRESS when that goes on in the background.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpcomp_sockin_connect(
    socket: c_int,
    name: *const u8,
    length: c_int,
) -> c_int {
    let instance = &*caller();
    look_at(name, length);
    // SAFETY: the kernel's address, which has that length.
    let result = on_host(instance, socket, |socket| unsafe {
        socket::connect(socket, name, length)
    });
    from_host(result.err().unwrap_or(0))
}

/// Gives a socket an address.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpcomp_sockin_bind(socket: c_int, name: *const u8, length: c_int) -> c_int {
    let instance = &*caller();
    look_at(name, length);
    // SAFETY: as in connect().
    let result = on_host(instance, socket, |socket| unsafe {
        socket::bind(socket, name, length)
    });
    from_host(result.err().unwrap_or(0))
}

/// Takes a connection: stores its socket, and its peer's address with the length.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpcomp_sockin_accept(
    socket: c_int,
    name: *mut u8,
    length: *mut c_int,
    place: *mut c_int,
) -> c_int {
    let instance = &*caller();
    look_at_room(name, length);
    // SAFETY: the kernel passes room for an address, as much as the length says.
    let result = on_host(instance, socket, |socket| unsafe {
        socket::accept(instance, socket, name, length)
    });
    // SAFETY: the kernel passes a place for the number.
    unsafe { report(result, place) }
}

/// Takes connections from now on.
#[unsafe(no_mangle)]
extern "C" fn rumpcomp_sockin_listen(socket: c_int, backlog: c_int) -> c_int {
    let instance = &*caller();
    let result = on_host(instance, socket, |socket| socket::listen(socket, backlog));
    from_host(result.err().unwrap_or(0))
}

/// Stores the address of a socket (0) or of its peer (1), with the length.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpcomp_sockin_getname(
    socket: c_int,
    name: *mut u8,
    length: *mut c_int,
    which: c_int,
) -> c_int {
    let instance = &*caller();
    look_at_room(name, length);
    // SAFETY: as in accept().
    let result = on_host(instance, socket, |socket| unsafe {
        socket::name(socket, name, length, which != 0)
    });
    from_host(result.err().unwrap_or(0))
}

/// Sets an option; ENOPROTOOPT for one that is none of the host's.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpcomp_sockin_setsockopt(
    socket: c_int,
    level: c_int,
    name: c_int,
    value: *const c_void,
    length: c_int,
) -> c_int {
    let instance = &*caller();
    // SAFETY: the kernel's value, which has that length.
    let result = on_host(instance, socket, |socket| unsafe {
        socket::set_option(socket, level, name, value, length)
    });
    from_host(result.err().unwrap_or(0))
}

/// Stores an option that is an int; `SO_ERROR` in NetBSD's numbers.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpcomp_sockin_getsockopt(
    socket: c_int,
    level: c_int,
    name: c_int,
    place: *mut c_int,
) -> c_int {
    let instance = &*caller();
    let result = on_host(instance, socket, |socket| {
        socket::get_option(socket, level, name)
    });
    // SAFETY: the kernel passes a place for the value.
    unsafe { report(result, place) }
}

/// Ends one direction of a connection, shutdown(2), whose numbers are the same everywhere.
#[unsafe(no_mangle)]
extern "C" fn rumpcomp_sockin_shutdown(socket: c_int, how: c_int) -> c_int {
    let instance = &*caller();
    let result = on_host(instance, socket, |socket| socket::shutdown(socket, how));
    from_host(result.err().unwrap_or(0))
}

/// Waits for events of sockets, at most for so many milliseconds, and stores how many have some.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpcomp_sockin_poll(
    sockets: *mut libc::pollfd,
    count: c_int,
    milliseconds: c_int,
    ready: *mut c_int,
) -> c_int {
    // NetBSD's numbers.
    const {
        assert!(
            libc::POLLIN == 1 && libc::POLLOUT == 4 && libc::POLLERR == 8 && libc::POLLHUP == 16
        );
    }
    let instance = &*caller();
    let all = usize::try_from(count).unwrap_or(0);
    access::writable(
        sockets.cast(),
        all.saturating_mul(size_of::<libc::pollfd>()),
    );
    let wanted: &mut [libc::pollfd] = match usize::try_from(count) {
        // SAFETY: so many structures of the kernel's, laid out like the host's.
        Ok(count) if count > 0 => unsafe { slice::from_raw_parts_mut(sockets, count) },
        _ => &mut [],
    };
    let locks = instance.unschedule(ptr::null_mut());
    let Ok(waited) = poll(instance, wanted, milliseconds) else {
        instance.leave();
    };
    common(instance).bell.silence();
    instance.schedule(locks, ptr::null_mut());
    let found = wanted.iter().filter(|one| one.revents != 0).count();
    // SAFETY: the kernel passes a place for the number, which is no larger than what it passed.
    unsafe { report(waited.map(|()| found as c_int), ready) }
}

/// Ends the poll in progress, or else the next one.
#[unsafe(no_mangle)]
extern "C" fn rumpcomp_sockin_wake() {
    common(&caller()).bell.ring();
}
