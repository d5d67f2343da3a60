//! `rumpuser_cv_*`: condition variables.
//!
//! Waiting releases the mutex and blocks in one step, and takes the mutex again afterwards. The
//! plain and the timed wait give up the virtual CPU; the `nowrap` one keeps it, or has none.
//!
//! The order in which CPU and mutex come back matters. A thread that holds a spin mutex must not
//! wait for a CPU, since the thread that has the CPU may be waiting for the mutex without giving
//! the CPU up. So a spin mutex of the kernel's is taken after the CPU. Any other is taken before:
//! whoever waits for it has no CPU. That includes the scheduler's own lock on a CPU, which the
//! kernel expects to be held when it is asked for the CPU, and releases itself.
//!
//! Waking nobody is done in C (`image/uncontended.c`).

use std::ffi::c_int;

use crate::errno::from_host;
use crate::instance::{Handle, Instance, Out, caller};
use crate::wait::{Condvar, Dead, Deadline, Mutex};

/// Waits without CPU. Returns whether the thread was woken before the deadline.
fn wait(
    instance: &Instance,
    condvar: Handle<Condvar>,
    mutex: Handle<Mutex>,
    deadline: Option<Deadline>,
) -> Result<bool, Dead> {
    let interlock = mutex.address().cast();
    let (condvar, mutex) = (condvar.get(instance), mutex.get(instance));
    condvar.announce();
    let locks = instance.unschedule(interlock);
    mutex.disown();
    let woken = condvar.block(&instance.parked, mutex, deadline)?;
    if mutex.spins() && mutex.is_kernel() {
        instance.schedule(locks, interlock);
        mutex.lock(&instance.parked)?;
        mutex.own(|| instance.lwp());
    } else {
        mutex.lock(&instance.parked)?;
        mutex.own(|| instance.lwp());
        instance.schedule(locks, interlock);
    }
    Ok(woken)
}

/// Makes a condition variable and stores its address.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_cv_init(place: Out<Handle<Condvar>>) {
    place.set(Handle::new(&caller(), Condvar::new()));
}

/// Ends a condition variable that nobody waits on.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_cv_destroy(condvar: Handle<Condvar>) {
    let instance = &*caller();
    condvar.get(instance).end();
    condvar.discard(instance);
}

/// Waits.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_cv_wait(condvar: Handle<Condvar>, mutex: Handle<Mutex>) {
    let instance = &*caller();
    if wait(instance, condvar, mutex, None).is_err() {
        instance.leave();
    }
}

/// Waits, keeping the CPU if there is one.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_cv_wait_nowrap(condvar: Handle<Condvar>, mutex: Handle<Mutex>) {
    let instance = &*caller();
    let (condvar, mutex) = (condvar.get(instance), mutex.get(instance));
    condvar.announce();
    mutex.disown();
    let waited = condvar.block(&instance.parked, mutex, None);
    if waited.is_err() || mutex.lock(&instance.parked).is_err() {
        instance.leave();
    }
    mutex.own(|| instance.lwp());
}

/// Waits for that much time at most; ETIMEDOUT when it is up.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_cv_timedwait(
    condvar: Handle<Condvar>,
    mutex: Handle<Mutex>,
    seconds: i64,
    nanos: i64,
) -> c_int {
    let instance = &*caller();
    // The time counts from here, however long giving up the CPU takes.
    let deadline = instance.time.after(seconds, nanos);
    match wait(instance, condvar, mutex, deadline) {
        Ok(true) => 0,
        Ok(false) => from_host(libc::ETIMEDOUT),
        Err(Dead) => instance.leave(),
    }
}

/// Wakes one waiter.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_posix_cv_signal(condvar: Handle<Condvar>) {
    let instance = &*caller();
    condvar.get(instance).wake(&instance.parked, 1);
}

/// Wakes all waiters.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_posix_cv_broadcast(condvar: Handle<Condvar>) {
    let instance = &*caller();
    condvar.get(instance).wake(&instance.parked, usize::MAX);
}

/// Stores how many threads wait.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_cv_has_waiters(condvar: Handle<Condvar>, count: Out<c_int>) {
    let waiters = condvar.get(&caller()).waiters();
    count.set(c_int::try_from(waiters).unwrap_or(c_int::MAX));
}
