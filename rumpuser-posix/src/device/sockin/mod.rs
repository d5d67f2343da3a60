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

use std::ffi::c_int;
use std::os::fd::RawFd;
use std::ptr;

use crate::errno::from_host;
use crate::instance::{Buffer, Extension, InOut, Instance, Out, Records, RecordsMut, caller};
use crate::state::descriptor::Open;
use crate::state::fault::Fault;
use crate::wait::Dead;
use crate::wait::bell::{self, Bell};

use address::{Address, KernelAddress};
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
fn report<T: Copy>(result: Result<T, c_int>, place: Out<T>) -> c_int {
    match result {
        Ok(value) => {
            place.set(value);
            0
        }
        Err(error) => from_host(error),
    }
}

/// NetBSD's number, 0 for none.
fn number(result: Result<(), c_int>) -> c_int {
    from_host(result.err().unwrap_or(0))
}

/// A length that the kernel passes as an int.
fn size(length: c_int) -> usize {
    usize::try_from(length).unwrap_or(0)
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

/// Makes a socket and stores its descriptor.
#[unsafe(no_mangle)]
extern "C" fn rumpcomp_sockin_socket(
    family: c_int,
    kind: c_int,
    _protocol: c_int,
    place: Out<c_int>,
) -> c_int {
    let instance = &*caller();
    let result = instance.unscheduled(|| socket::create(instance, family, kind));
    report(result, place)
}

/// Sends a message and stores how much of it was sent. Never raises SIGPIPE.
#[unsafe(no_mangle)]
extern "C" fn rumpcomp_sockin_sendmsg(
    socket: c_int,
    message: Records<Message>,
    flags: c_int,
    place: Out<usize>,
) -> c_int {
    let instance = &*caller();
    let Some(message) = message.get(1).first() else {
        return from_host(libc::EFAULT);
    };
    let sent = message.address().and_then(|to| {
        on_host(instance, socket, |socket| {
            socket::send(socket, message, to, flags)
        })
    });
    report(sent, place)
}

/// Receives a message and stores its length.
#[unsafe(no_mangle)]
extern "C" fn rumpcomp_sockin_recvmsg(
    socket: c_int,
    message: InOut<Message>,
    flags: c_int,
    place: Out<usize>,
) -> c_int {
    let instance = &*caller();
    let mut theirs = message.get();
    let result = on_host(instance, socket, |socket| {
        socket::receive(socket, &theirs, flags)
    });
    let result = result.and_then(|received| {
        theirs.received(received.flags, received.from.as_ref())?;
        message.set(theirs);
        Ok(received.length)
    });
    report(result, place)
}

/// Connects; EINPROGRESS when that goes on in the background.
#[unsafe(no_mangle)]
extern "C" fn rumpcomp_sockin_connect(socket: c_int, name: Records<u8>, length: c_int) -> c_int {
    let instance = &*caller();
    let to = Address::from_kernel(name.get(size(length)));
    number(to.and_then(|to| on_host(instance, socket, |socket| socket::connect(socket, &to))))
}

/// Gives a socket an address.
#[unsafe(no_mangle)]
extern "C" fn rumpcomp_sockin_bind(socket: c_int, name: Records<u8>, length: c_int) -> c_int {
    let instance = &*caller();
    let own = Address::from_kernel(name.get(size(length)));
    number(own.and_then(|own| on_host(instance, socket, |socket| socket::bind(socket, &own))))
}

/// Takes a connection: stores its socket, and its peer's address with the length.
#[unsafe(no_mangle)]
extern "C" fn rumpcomp_sockin_accept(
    socket: c_int,
    mut name: Buffer,
    length: InOut<c_int>,
    place: Out<c_int>,
) -> c_int {
    let instance = &*caller();
    let room = size(length.get());
    let result = on_host(instance, socket, |socket| {
        socket::accept(instance, socket, room)
    });
    let result = result.map(|(new, peer)| {
        store(&peer, &mut name, length);
        new
    });
    report(result, place)
}

/// Stores an address with its length.
fn store(address: &KernelAddress, name: &mut Buffer, length: InOut<c_int>) {
    name.fill(address.bytes());
    // Of 28 bytes at most.
    length.set(address.bytes().len() as c_int);
}

/// Takes connections from now on.
#[unsafe(no_mangle)]
extern "C" fn rumpcomp_sockin_listen(socket: c_int, backlog: c_int) -> c_int {
    let instance = &*caller();
    number(on_host(instance, socket, |socket| {
        socket::listen(socket, backlog)
    }))
}

/// Stores the address of a socket (0) or of its peer (1), with the length.
#[unsafe(no_mangle)]
extern "C" fn rumpcomp_sockin_getname(
    socket: c_int,
    mut name: Buffer,
    length: InOut<c_int>,
    which: c_int,
) -> c_int {
    let instance = &*caller();
    let room = size(length.get());
    let address = on_host(instance, socket, |socket| socket::name(socket, which != 0));
    let address = address.and_then(|address| address.for_kernel(room));
    number(address.map(|address| store(&address, &mut name, length)))
}

/// Sets an option; ENOPROTOOPT for one that is none of the host's.
#[unsafe(no_mangle)]
extern "C" fn rumpcomp_sockin_setsockopt(
    socket: c_int,
    level: c_int,
    name: c_int,
    value: Records<u8>,
    length: c_int,
) -> c_int {
    let instance = &*caller();
    let value = value.get(size(length));
    number(on_host(instance, socket, |socket| {
        socket::set_option(socket, level, name, value)
    }))
}

/// Stores an option that is an int; `SO_ERROR` in NetBSD's numbers.
#[unsafe(no_mangle)]
extern "C" fn rumpcomp_sockin_getsockopt(
    socket: c_int,
    level: c_int,
    name: c_int,
    place: Out<c_int>,
) -> c_int {
    let instance = &*caller();
    let result = on_host(instance, socket, |socket| {
        socket::get_option(socket, level, name)
    });
    report(result, place)
}

/// Ends one direction of a connection, shutdown(2), whose numbers are the same everywhere.
#[unsafe(no_mangle)]
extern "C" fn rumpcomp_sockin_shutdown(socket: c_int, how: c_int) -> c_int {
    let instance = &*caller();
    number(on_host(instance, socket, |socket| {
        socket::shutdown(socket, how)
    }))
}

/// Waits for events of sockets, at most for so many milliseconds, and stores how many have some.
#[unsafe(no_mangle)]
extern "C" fn rumpcomp_sockin_poll(
    mut sockets: RecordsMut<libc::pollfd>,
    count: c_int,
    milliseconds: c_int,
    ready: Out<c_int>,
) -> c_int {
    // NetBSD's numbers.
    const {
        assert!(
            libc::POLLIN == 1 && libc::POLLOUT == 4 && libc::POLLERR == 8 && libc::POLLHUP == 16
        );
    }
    let instance = &*caller();
    let wanted = sockets.get(size(count));
    let locks = instance.unschedule(ptr::null_mut());
    let Ok(waited) = poll(instance, wanted, milliseconds) else {
        instance.leave();
    };
    common(instance).bell.silence();
    instance.schedule(locks, ptr::null_mut());
    let found = wanted.iter().filter(|one| one.revents != 0).count();
    // No more than the kernel has passed.
    report(waited.map(|()| found as c_int), ready)
}

/// Ends the poll in progress, or else the next one.
#[unsafe(no_mangle)]
extern "C" fn rumpcomp_sockin_wake() {
    common(&caller()).bell.ring();
}
