//! `rumpuser_cv_*`: condition variables.
//!
//! Waiting releases the mutex and blocks in one step, and takes the mutex again afterwards. The
//! plain and the timed wait give up the virtual CPU; the `nowrap` one keeps it, or has none. There
//! are no wake-ups without cause, except when the kernel dies.
//!
//! The order in which CPU and mutex come back matters. A thread that holds a spin mutex must not
//! wait for a CPU, since the thread that has the CPU may be waiting for the mutex without giving
//! the CPU up. So a spin mutex of the kernel's is taken after the CPU. Any other is taken before:
//! whoever waits for it has no CPU. That includes the scheduler's own lock on a CPU, which the
//! kernel expects to be held when it is asked for the CPU, and releases itself.
//!
//! A thread that was woken does not touch the condition variable again, which may be destroyed as
//! soon as it has no waiters: whoever wakes takes the woken off the count.

use std::ffi::c_int;
use std::mem::offset_of;
use std::ptr;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use parking_lot_core::DEFAULT_UNPARK_TOKEN;

use crate::access::{self, Object};
use crate::errno::from_host;
use crate::instance::{Dead, Deadline, Instance, Parked, Wake, caller};
use crate::mutex::Mutex;

/// `struct rumpuser_cv`. Loaded kernels look themselves whether there are waiters, by
/// `image/uncontended.c`.
#[repr(C)]
pub(crate) struct Condvar {
    waiters: AtomicUsize,
    kind: AtomicU32,
}

// SAFETY: rumpuser_cv_init() sets the word, rumpuser_cv_destroy() clears it.
unsafe impl Object for Condvar {
    const KIND: u32 = 0x6376_6376;
    const KIND_AT: usize = offset_of!(Condvar, kind);
    const STRANGER: &str = "rumpuser: a condition variable is used that is none: never made, \
         destroyed, or overwritten";
}

/// Whether the thread was woken, rather than the time up.
type Woken = bool;

impl Condvar {
    /// Odd, unlike the keys of everything else: a late wake-up for what was at this address before
    /// must not look like a signal.
    fn key(&self) -> usize {
        ptr::from_ref(self).addr() + 1
    }

    /// Announces a waiter. It holds the mutex, or is about to get it before it gives up its CPU, so
    /// that no thread that changes the condition afterwards misses it.
    fn announce(&self) {
        self.waiters.fetch_add(1, Ordering::SeqCst);
    }

    /// Waits in the host, and releases the mutex meanwhile. It is not taken again.
    fn block(
        &self,
        instance: &Instance,
        mutex: &Mutex,
        deadline: Option<Deadline>,
    ) -> Result<Woken, Dead> {
        let give_up = || _ = self.waiters.fetch_sub(1, Ordering::Relaxed);
        let release = || mutex.unlock(&instance.parked);
        match instance
            .parked
            .park(self.key(), || true, release, give_up, deadline)
        {
            Wake::Unparked(_) => Ok(true),
            Wake::TimedOut => Ok(false),
            // Only a dead kernel makes a wait invalid.
            Wake::Dead | Wake::Invalid => Err(Dead),
        }
    }

    /// Waits without CPU.
    fn wait(
        &self,
        instance: &Instance,
        mutex: &Mutex,
        deadline: Option<Deadline>,
    ) -> Result<Woken, Dead> {
        let interlock = ptr::from_ref(mutex).cast_mut().cast();
        self.announce();
        let locks = instance.unschedule(interlock);
        mutex.disown();
        let woken = self.block(instance, mutex, deadline)?;
        if mutex.spins() && mutex.is_kernel() {
            instance.schedule(locks, interlock);
            mutex.lock(instance)?;
            mutex.own(instance);
        } else {
            mutex.lock(instance)?;
            mutex.own(instance);
            instance.schedule(locks, interlock);
        }
        Ok(woken)
    }

    /// Waits without touching the CPU.
    fn wait_nowrap(&self, instance: &Instance, mutex: &Mutex) -> Result<(), Dead> {
        self.announce();
        mutex.disown();
        self.block(instance, mutex, None)?;
        mutex.lock(instance)?;
        mutex.own(instance);
        Ok(())
    }

    /// Wakes so many waiters at most.
    fn wake(&self, parked: &Parked, most: usize) {
        if self.waiters.load(Ordering::SeqCst) == 0 {
            return;
        }
        parked.unpark(self.key(), most, |result| {
            self.waiters
                .fetch_sub(result.unparked_threads, Ordering::Relaxed);
            DEFAULT_UNPARK_TOKEN
        });
    }
}

/// Makes a condition variable and stores its address.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_cv_init(place: *mut *mut Condvar) {
    let condvar = caller().place(Condvar {
        waiters: AtomicUsize::new(0),
        kind: AtomicU32::new(Condvar::KIND),
    });
    // SAFETY: the kernel passes a place for the address.
    unsafe { access::store(place, condvar) };
}

/// Ends a condition variable that nobody waits on.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_cv_destroy(condvar: *mut Condvar) {
    let instance = caller();
    // SAFETY: as in rumpuser_cv_wait.
    let kind = unsafe { &instance.object(condvar).kind };
    kind.store(0, Ordering::Relaxed);
    // SAFETY: nobody uses a condition variable that is destroyed.
    unsafe { instance.memory.discard(condvar) };
}

/// Waits.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_cv_wait(condvar: *const Condvar, mutex: *const Mutex) {
    let instance = &*caller();
    // SAFETY: the kernel passes objects of its own. The mutex stays; of the condition variable only
    // the address is used once the thread is woken.
    let (condvar, mutex) = unsafe { (instance.object(condvar), instance.object(mutex)) };
    if condvar.wait(instance, mutex, None).is_err() {
        instance.leave();
    }
}

/// Waits, keeping the CPU if there is one.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_cv_wait_nowrap(condvar: *const Condvar, mutex: *const Mutex) {
    let instance = &*caller();
    // SAFETY: as in rumpuser_cv_wait.
    let (condvar, mutex) = unsafe { (instance.object(condvar), instance.object(mutex)) };
    if condvar.wait_nowrap(instance, mutex).is_err() {
        instance.leave();
    }
}

/// Waits for that much time at most; ETIMEDOUT when it is up.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_cv_timedwait(
    condvar: *const Condvar,
    mutex: *const Mutex,
    seconds: i64,
    nanos: i64,
) -> c_int {
    let instance = &*caller();
    // The time counts from here, however long giving up the CPU takes.
    let deadline = instance.time.after(seconds, nanos);
    // SAFETY: as in rumpuser_cv_wait.
    let (condvar, mutex) = unsafe { (instance.object(condvar), instance.object(mutex)) };
    match condvar.wait(instance, mutex, deadline) {
        Ok(true) => 0,
        Ok(false) => from_host(libc::ETIMEDOUT),
        Err(Dead) => instance.leave(),
    }
}

/// Wakes one waiter.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_cv_signal(condvar: *const Condvar) {
    let instance = &*caller();
    // SAFETY: as in rumpuser_cv_wait.
    unsafe { instance.object(condvar) }.wake(&instance.parked, 1);
}

/// Wakes all waiters.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_cv_broadcast(condvar: *const Condvar) {
    let instance = &*caller();
    // SAFETY: as in rumpuser_cv_wait.
    unsafe { instance.object(condvar) }.wake(&instance.parked, usize::MAX);
}

/// Stores how many threads wait.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_cv_has_waiters(condvar: *const Condvar, count: *mut c_int) {
    let instance = caller();
    // SAFETY: as in rumpuser_cv_wait.
    let waiters = unsafe { instance.object(condvar) }
        .waiters
        .load(Ordering::SeqCst);
    // SAFETY: the kernel passes a place for the count.
    unsafe { access::store(count, c_int::try_from(waiters).unwrap_or(c_int::MAX)) };
}
