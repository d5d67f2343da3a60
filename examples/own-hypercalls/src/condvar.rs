//! Condition variables, whose waits let go of three things: the virtual CPU, the mutex, and the thread.

use std::ffi::c_int;
use std::time::Duration;

use rumpkernel_sys::ETIMEDOUT;

use crate::clock;
use crate::mutex::Mutex;
use crate::scheduler::WaitQueue;
use crate::upcalls::{schedule, unschedule};

/// `struct rumpuser_cv`.
#[derive(Default)]
pub(crate) struct Condvar(WaitQueue);

/// Waits, without the mutex. Nobody runs between its release and the wait, so that no signal gets lost.
///
/// # Safety
///
/// Both are valid; the condition variable is not used after it was signalled.
unsafe fn wait_without(mutex: &Mutex, condvar: *const Condvar, deadline: Option<Duration>) -> bool {
    mutex.exit();
    // SAFETY: the caller's promise.
    unsafe { WaitQueue::wait(&raw const (*condvar).0, deadline) }
}

/// Waits without mutex and virtual CPU, and takes them again in the order that the kernel's locks demand: a spin mutex
/// comes after the CPU, because whoever has the CPU may wait for it, and others come before. The one of the kernel's
/// scheduler does, too: the kernel releases it as it gives the CPU.
///
/// # Safety
///
/// As for [`wait_without`].
unsafe fn wait(condvar: *const Condvar, mutex: &Mutex, deadline: Option<Duration>) -> bool {
    let locks = unschedule(mutex);
    // SAFETY: the caller's promise.
    let woken = unsafe { wait_without(mutex, condvar, deadline) };
    if mutex.comes_after_cpu() {
        schedule(locks, mutex);
        mutex.enter();
    } else {
        mutex.enter();
        schedule(locks, mutex);
    }
    woken
}

// The kernel gives pointers from `rumpuser_cv_init` and `rumpuser_mutex_init` that it has not given up.

#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_cv_init(result: *mut *mut Condvar) {
    // SAFETY: a place for the pointer.
    unsafe { result.write(Box::into_raw(Box::default())) };
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_cv_destroy(condvar: *mut Condvar) {
    // SAFETY: a condition variable, for the last time.
    drop(unsafe { Box::from_raw(condvar) });
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_cv_wait(condvar: *const Condvar, mutex: *const Mutex) {
    // SAFETY: see above.
    unsafe { wait(condvar, &*mutex, None) };
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_cv_wait_nowrap(condvar: *const Condvar, mutex: *const Mutex) {
    // SAFETY: see above.
    unsafe {
        wait_without(&*mutex, condvar, None);
        (*mutex).enter();
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_cv_timedwait(
    condvar: *const Condvar,
    mutex: *const Mutex,
    seconds: i64,
    nanoseconds: i64,
) -> c_int {
    let deadline = clock::now().saturating_add(clock::duration(seconds, nanoseconds));
    // SAFETY: see above.
    if unsafe { wait(condvar, &*mutex, Some(deadline)) } {
        0
    } else {
        ETIMEDOUT
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_cv_signal(condvar: *const Condvar) {
    // SAFETY: a condition variable.
    unsafe { &*condvar }.0.wake_one();
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_cv_broadcast(condvar: *const Condvar) {
    // SAFETY: a condition variable.
    unsafe { &*condvar }.0.wake_all();
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_cv_has_waiters(condvar: *const Condvar, result: *mut c_int) {
    // SAFETY: a condition variable, and a place for the answer.
    unsafe { result.write((!(*condvar).0.is_empty()).into()) };
}
