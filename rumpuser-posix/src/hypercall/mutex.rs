//! `rumpuser_mutex_*`: mutexes.
//!
//! Waiting for a mutex that does not spin gives up the virtual CPU. For one that spins
//! (`RUMPUSER_MTX_SPIN`) the host thread waits with the CPU in its hands: those are held briefly,
//! and never by a thread that waits for a CPU. Unlocking and destroying are for the holder and for
//! mutexes that nobody holds or awaits. The owner is kept of the kernel's own
//! (`RUMPUSER_MTX_KMUTEX`) only.
//!
//! What nobody waits for is done in C (`image/uncontended.c`), which calls what has the name
//! `rumpuser_posix_*` here in all other cases.

use std::ffi::c_int;
use std::ptr;

use crate::errno::from_host;
use crate::instance::{Handle, Instance, Out, caller};
use crate::wait::{Lwp, Mutex};

/// Makes a mutex and stores its address.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_mutex_init(place: Out<Handle<Mutex>>, flags: c_int) {
    place.set(Handle::new(&caller(), Mutex::new(flags)));
}

/// Locks a mutex, waiting as its kind demands.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_posix_mutex_enter(mutex: Handle<Mutex>) {
    let instance = &*caller();
    let mutex = mutex.get(instance);
    if !mutex.try_lock() {
        refuse_own(instance, mutex);
        let waited = if mutex.spins() {
            mutex.lock(&instance.parked)
        } else {
            let locks = instance.unschedule(ptr::null_mut());
            let waited = mutex.lock(&instance.parked);
            if waited.is_ok() {
                instance.schedule(locks, ptr::null_mut());
            }
            waited
        };
        if waited.is_err() {
            instance.leave();
        }
    }
    mutex.own(|| instance.lwp());
}

/// Locks a mutex that spins, with the CPU in hand.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_posix_mutex_enter_nowrap(mutex: Handle<Mutex>) {
    let instance = &*caller();
    let mutex = mutex.get(instance);
    if !mutex.try_lock() {
        refuse_own(instance, mutex);
        if mutex.lock(&instance.parked).is_err() {
            instance.leave();
        }
    }
    mutex.own(|| instance.lwp());
}

/// A lwp that locks what it holds would wait for ever.
fn refuse_own(instance: &Instance, mutex: &Mutex) {
    let owner = mutex.owner();
    if !owner.is_null() && owner == instance.lwp() {
        instance.fail("rumpuser: a lwp locks a mutex that it holds");
    }
}

/// Locks a mutex if nobody holds it, else EBUSY.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_posix_mutex_tryenter(mutex: Handle<Mutex>) -> c_int {
    let instance = &*caller();
    let mutex = mutex.get(instance);
    if mutex.try_lock() {
        mutex.own(|| instance.lwp());
        0
    } else {
        from_host(libc::EBUSY)
    }
}

/// Releases a mutex.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_posix_mutex_exit(mutex: Handle<Mutex>) {
    let instance = &*caller();
    let mutex = mutex.get(instance);
    if !mutex.is_held() {
        instance.fail("rumpuser: a mutex is released that nobody holds");
    }
    mutex.disown();
    mutex.unlock(&instance.parked);
}

/// Wakes a thread that waits for a mutex which has just been released, and may be gone by now.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_posix_mutex_wake(mutex: Handle<Mutex>) {
    // SAFETY: threads wait at this address for a mutex only.
    unsafe { Mutex::wake(mutex.address(), &caller().parked) };
}

/// Ends a mutex.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_mutex_destroy(handle: Handle<Mutex>) {
    let instance = &*caller();
    let mutex = handle.get(instance);
    if mutex.is_held() {
        instance.fail("rumpuser: a mutex is destroyed that is held");
    }
    mutex.end();
    handle.discard(instance);
}

/// Stores the lwp that holds a mutex of the kernel's, null if none does.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_mutex_owner(mutex: Handle<Mutex>, lwp: Out<*mut Lwp>) {
    let instance = &*caller();
    let mutex = mutex.get(instance);
    if !mutex.is_kernel() {
        instance.fail("rumpuser: the owner is asked for of a mutex that keeps none");
    }
    lwp.set(mutex.owner());
}
