//! `rumpuser_rw_*`: reader/writer locks.
//!
//! Many readers or one writer, which is known by its lwp. Waiting gives up the virtual CPU. As in
//! NetBSD, a reader waits when a writer waits, a writer that leaves lets in the readers that wait,
//! and the last reader that leaves lets in a writer: neither kind starves. An upgrade succeeds for
//! the only reader, else EBUSY; a downgrade lets in the readers that wait and never a writer.
//! "Held for reading" means by anybody, since readers are not known by name.

mod state;

use std::ffi::c_int;
use std::ptr;
use std::sync::atomic::Ordering;

use crate::access;
use crate::errno::from_host;
use crate::instance::{Instance, caller};

pub(crate) use state::Queues;
use state::{Mode, RwLock};

impl RwLock {
    fn is_writer(&self, instance: &Instance) -> bool {
        self.is_written() && self.writer.load(Ordering::Relaxed) == instance.lwp()
    }

    /// Notes that the calling thread got the lock.
    fn own(&self, instance: &Instance, mode: Mode) {
        if mode == Mode::Write {
            self.writer.store(instance.lwp(), Ordering::Relaxed);
        }
    }
}

fn mode_of(instance: &Instance, operation: c_int) -> Mode {
    match Mode::of(operation) {
        Some(mode) => mode,
        None => instance.fail("rumpuser: a reader/writer lock is asked for in an unknown way"),
    }
}

/// Makes a lock and stores its address.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_rw_init(place: *mut *mut RwLock) {
    let lock = caller().place(RwLock::new());
    // SAFETY: the kernel passes a place for the address.
    unsafe { access::store(place, lock) };
}

/// Locks for reading or writing.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_rw_enter(operation: c_int, lock: *const RwLock) {
    let instance = &*caller();
    let mode = mode_of(instance, operation);
    // SAFETY: the kernel passes a lock of its own, which stays while it is used.
    let lock = unsafe { instance.object(lock) };
    if !lock.try_lock(mode) {
        if lock.is_writer(instance) && !instance.lwp().is_null() {
            instance.fail("rumpuser: a lwp locks a reader/writer lock that it holds for writing");
        }
        let locks = instance.unschedule(ptr::null_mut());
        if lock.lock(instance, mode).is_err() {
            instance.leave();
        }
        instance.schedule(locks, ptr::null_mut());
    }
    lock.own(instance, mode);
}

/// Locks if that needs no waiting, else EBUSY.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_rw_tryenter(operation: c_int, lock: *const RwLock) -> c_int {
    let instance = &*caller();
    let Some(mode) = Mode::of(operation) else {
        return from_host(libc::EINVAL);
    };
    // SAFETY: as in rumpuser_rw_enter.
    let lock = unsafe { instance.object(lock) };
    if lock.try_lock(mode) {
        lock.own(instance, mode);
        0
    } else {
        from_host(libc::EBUSY)
    }
}

/// Makes the only reader the writer, else EBUSY.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_rw_tryupgrade(lock: *const RwLock) -> c_int {
    let instance = &*caller();
    // SAFETY: as in rumpuser_rw_enter.
    let lock = unsafe { instance.object(lock) };
    if lock.try_upgrade() {
        lock.own(instance, Mode::Write);
        0
    } else {
        from_host(libc::EBUSY)
    }
}

/// Makes the writer a reader.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_rw_downgrade(lock: *const RwLock) {
    let instance = &*caller();
    // SAFETY: as in rumpuser_rw_enter.
    let lock = unsafe { instance.object(lock) };
    if !lock.is_writer(instance) {
        instance.fail("rumpuser: a reader/writer lock is downgraded by another than its writer");
    }
    lock.writer.store(ptr::null_mut(), Ordering::Relaxed);
    lock.downgrade(instance);
}

/// Releases a lock that the calling thread holds in either way.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_rw_exit(lock: *const RwLock) {
    let instance = &*caller();
    // SAFETY: as in rumpuser_rw_enter.
    let lock = unsafe { instance.object(lock) };
    if lock.readers() == 0 {
        if !lock.is_writer(instance) {
            instance.fail("rumpuser: a reader/writer lock is released by one who does not hold it");
        }
        lock.writer.store(ptr::null_mut(), Ordering::Relaxed);
    }
    lock.unlock(instance);
}

/// Ends a lock that nobody holds.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_rw_destroy(lock: *mut RwLock) {
    let instance = &*caller();
    // SAFETY: as in rumpuser_rw_enter.
    let object = unsafe { instance.object(lock) };
    if object.is_used(instance) {
        instance.fail("rumpuser: a reader/writer lock is destroyed that is held");
    }
    object.end();
    // SAFETY: nobody uses a lock that is destroyed.
    unsafe { instance.memory.discard(lock) };
}

/// Stores whether the calling thread holds the lock for writing, or how many hold it for reading.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_rw_held(operation: c_int, lock: *const RwLock, held: *mut c_int) {
    let instance = &*caller();
    // SAFETY: as in rumpuser_rw_enter.
    let lock = unsafe { instance.object(lock) };
    let answer = match mode_of(instance, operation) {
        Mode::Write => c_int::from(lock.is_writer(instance)),
        Mode::Read => c_int::try_from(lock.readers()).unwrap_or(c_int::MAX),
    };
    // SAFETY: the kernel passes a place for the answer.
    unsafe { access::store(held, answer) };
}
