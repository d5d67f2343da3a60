//! `rumpuser_rw_*`: reader/writer locks.
//!
//! Many readers or one writer, which is known by its lwp. Waiting gives up the virtual CPU. As in
//! NetBSD, a reader waits when a writer waits, a writer that leaves lets in the readers that wait,
//! and the last reader that leaves lets in a writer: neither kind starves. An upgrade succeeds for
//! the only reader, else EBUSY; a downgrade lets in the readers that wait and never a writer.
//! "Held for reading" means by anybody, since readers are not known by name.
//!
//! What nobody waits for is done in C (`image/uncontended.c`), which calls what has the name
//! `rumpuser_posix_*` here in all other cases.

use std::ffi::c_int;
use std::ptr;

use crate::errno::from_host;
use crate::instance::{Handle, Instance, Out, caller};
use crate::wait::{Mode, RwLock};

fn mode_of(instance: &Instance, operation: c_int) -> Mode {
    match Mode::of(operation) {
        Some(mode) => mode,
        None => instance.fail("rumpuser: a reader/writer lock is asked for in an unknown way"),
    }
}

/// Makes a lock and stores its address.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_rw_init(place: Out<Handle<RwLock>>) {
    place.set(Handle::new(&caller(), RwLock::new()));
}

/// Locks for reading or writing.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_posix_rw_enter(operation: c_int, lock: Handle<RwLock>) {
    let instance = &*caller();
    let mode = mode_of(instance, operation);
    let lock = lock.get(instance);
    if !lock.try_lock(mode) {
        if lock.is_writer(|| instance.lwp()) && !instance.lwp().is_null() {
            instance.fail("rumpuser: a lwp locks a reader/writer lock that it holds for writing");
        }
        let locks = instance.unschedule(ptr::null_mut());
        if lock.lock(&instance.parked, mode).is_err() {
            instance.leave();
        }
        instance.schedule(locks, ptr::null_mut());
    }
    lock.own(mode, || instance.lwp());
}

/// Locks if that needs no waiting, else EBUSY.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_posix_rw_tryenter(operation: c_int, lock: Handle<RwLock>) -> c_int {
    let instance = &*caller();
    let Some(mode) = Mode::of(operation) else {
        return from_host(libc::EINVAL);
    };
    let lock = lock.get(instance);
    if lock.try_lock(mode) {
        lock.own(mode, || instance.lwp());
        0
    } else {
        from_host(libc::EBUSY)
    }
}

/// Makes the only reader the writer, else EBUSY.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_rw_tryupgrade(lock: Handle<RwLock>) -> c_int {
    let instance = &*caller();
    let lock = lock.get(instance);
    if lock.try_upgrade() {
        lock.own(Mode::Write, || instance.lwp());
        0
    } else {
        from_host(libc::EBUSY)
    }
}

/// Makes the writer a reader.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_rw_downgrade(lock: Handle<RwLock>) {
    let instance = &*caller();
    let lock = lock.get(instance);
    if !lock.is_writer(|| instance.lwp()) {
        instance.fail("rumpuser: a reader/writer lock is downgraded by another than its writer");
    }
    lock.disown();
    lock.downgrade(&instance.parked);
}

/// Releases a lock that the calling thread holds in either way.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_posix_rw_exit(lock: Handle<RwLock>) {
    let instance = &*caller();
    let lock = lock.get(instance);
    let mode = match lock.readers() {
        0 => Mode::Write,
        _ => Mode::Read,
    };
    if mode == Mode::Write {
        if !lock.is_writer(|| instance.lwp()) {
            instance.fail("rumpuser: a reader/writer lock is released by one who does not hold it");
        }
        lock.disown();
    }
    lock.unlock(&instance.parked, mode);
}

/// Wakes those whose turn it is for a lock that a writer or the last reader has just left, and that
/// may be gone by now.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_posix_rw_wake(lock: Handle<RwLock>, was_writer: c_int) {
    let left = match was_writer {
        0 => Mode::Read,
        _ => Mode::Write,
    };
    // SAFETY: threads wait at this address for a lock only.
    unsafe { RwLock::wake(lock.address(), &caller().parked, left) };
}

/// Ends a lock that nobody holds.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_rw_destroy(handle: Handle<RwLock>) {
    let instance = &*caller();
    let lock = handle.get(instance);
    if lock.is_used() {
        instance.fail("rumpuser: a reader/writer lock is destroyed that is held");
    }
    lock.end();
    handle.discard(instance);
}

/// Stores whether the calling thread holds the lock for writing, or how many hold it for reading.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_rw_held(operation: c_int, lock: Handle<RwLock>, held: Out<c_int>) {
    let instance = &*caller();
    let lock = lock.get(instance);
    let answer = match mode_of(instance, operation) {
        Mode::Write => c_int::from(lock.is_writer(|| instance.lwp())),
        Mode::Read => c_int::try_from(lock.readers()).unwrap_or(c_int::MAX),
    };
    held.set(answer);
}
