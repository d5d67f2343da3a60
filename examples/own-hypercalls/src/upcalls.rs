//! The kernel's functions for its hypercalls, and how a hypercall waits.

use std::cell::Cell;
use std::ffi::c_int;
use std::ptr;

use rumpkernel_sys::EINVAL;

use crate::mutex::Mutex;

const VERSION: c_int = 17;

/// The beginning of `struct rumpuser_hyperup`. What follows is for threads of the host's that become threads of the
/// kernel's, and for system calls from other processes.
#[repr(C)]
#[derive(Clone, Copy)]
struct Upcalls {
    _schedule: unsafe extern "C" fn(),
    _unschedule: unsafe extern "C" fn(),
    backend_unschedule: unsafe extern "C" fn(c_int, *mut c_int, *const Mutex),
    backend_schedule: unsafe extern "C" fn(c_int, *const Mutex),
}

thread_local! {
    static UPCALLS: Cell<Option<Upcalls>> = const { Cell::new(None) };
}

/// The first hypercall of all.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_init(version: c_int, upcalls: *const Upcalls) -> c_int {
    if version != VERSION {
        eprintln!("these are hypercalls of version {VERSION}, the kernel wants {version}");
        return EINVAL;
    }
    // SAFETY: the kernel's table, in the layout of version 17.
    UPCALLS.set(Some(unsafe { *upcalls }));
    0
}

/// Gives the virtual CPU back, and the big lock if this thread has it. Gives what [`schedule`] needs to take it again.
///
/// `interlock` is the mutex that a condition variable waits with, or null: the kernel locks it itself if it is the one
/// of its scheduler.
pub(crate) fn unschedule(interlock: *const Mutex) -> c_int {
    let mut locks = 0;
    // SAFETY: kernel code made the hypercall that gets here, with a CPU.
    unsafe { (upcalls().backend_unschedule)(0, &mut locks, interlock) };
    locks
}

/// Takes a virtual CPU, and the big lock as often as it was held.
pub(crate) fn schedule(locks: c_int, interlock: *const Mutex) {
    // SAFETY: after `unschedule` on the same thread.
    unsafe { (upcalls().backend_schedule)(locks, interlock) };
}

/// Waits without a CPU.
pub(crate) fn without_cpu(wait: impl FnOnce()) {
    let locks = unschedule(ptr::null());
    wait();
    schedule(locks, ptr::null());
}

fn upcalls() -> Upcalls {
    UPCALLS.get().expect("the kernel begins with rumpuser_init")
}
