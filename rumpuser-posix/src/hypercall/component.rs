//! `rumpuser_component_*`: for the user side of components.
//!
//! Components have code on the host's side (a network interface that reads a TAP device). It gives
//! up the virtual CPU around blocking calls, translates error numbers, and makes threads of its own
//! known to the kernel.

use std::ffi::{c_int, c_void};
use std::ptr;

use crate::errno;
use crate::instance::caller;
use crate::wait::Lwp;

/// Gives back CPU and big lock; the result is for `rumpuser_component_schedule`.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_component_unschedule() -> *mut c_void {
    let locks = caller().unschedule(ptr::null_mut());
    ptr::without_provenance_mut(locks as usize)
}

/// Takes back what `rumpuser_component_unschedule` gave.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_component_schedule(cookie: *mut c_void) {
    // The number came from a c_int.
    caller().schedule(cookie.addr() as c_int, ptr::null_mut());
}

/// Makes the calling host thread a thread of the kernel.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_component_kthread() {
    let instance = &*caller();
    if instance.become_kernel_thread().is_err() {
        instance.fail("rumpuser: the kernel has no lwp for a component's thread");
    }
}

/// The lwp of the calling thread, null if it has none of its own.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_component_curlwp() -> *mut Lwp {
    let upcalls = caller().upcalls();
    // SAFETY: functions of the kernel, in the order that it asks for, on a thread that has no CPU.
    unsafe {
        (upcalls.schedule)();
        let lwp = (upcalls.lwproc_curlwp)();
        (upcalls.unschedule)();
        lwp
    }
}

/// Makes the calling thread another lwp.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_component_switchlwp(lwp: *mut Lwp) {
    let upcalls = caller().upcalls();
    // SAFETY: as above; the component passes a lwp of this kernel, or null.
    unsafe {
        (upcalls.schedule)();
        (upcalls.lwproc_switch)(lwp);
        (upcalls.unschedule)();
    }
}

/// Undoes `rumpuser_component_kthread`.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_component_kthread_release() {
    let upcalls = caller().upcalls();
    // SAFETY: as above.
    unsafe {
        (upcalls.schedule)();
        (upcalls.lwproc_release)();
        (upcalls.unschedule)();
    }
}

/// NetBSD's number for an errno of the host's.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_component_errtrans(error: c_int) -> c_int {
    errno::from_host(error)
}
