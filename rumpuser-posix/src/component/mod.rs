//! `rumpuser_component_*`: for the user side of components.
//!
//! Components have code on the host's side (a network interface that reads a TAP device). It gives
//! up the virtual CPU around blocking calls, translates error numbers, and makes threads of its own
//! known to the kernel.

#[cfg(any(feature = "rumpnet_shmif", feature = "rumpnet_sockin"))]
pub(crate) mod bell;
#[cfg(feature = "rumpdev_netsmb")]
pub(crate) mod netsmb;
#[cfg(feature = "rumpnet_shmif")]
mod shmif;
#[cfg(feature = "rumpnet_sockin")]
pub(crate) mod sockin;
#[cfg(feature = "rumpdev_ugenhc")]
pub(crate) mod ugenhc;
#[cfg(feature = "rumpnet_virtif")]
pub(crate) mod virtif;

use std::ffi::{c_int, c_void};
use std::ptr;

use crate::errno;
use crate::instance::{Instance, caller};
use crate::upcall::{Lwp, Upcalls};

/// The upcalls, which are there as soon as a component can run.
fn upcalls(instance: &Instance) -> Upcalls {
    match instance.upcalls.get() {
        Some(upcalls) => *upcalls,
        None => instance.fail("rumpuser: a component called before the kernel was initialised"),
    }
}

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
    let upcalls = upcalls(&caller());
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
unsafe extern "C" fn rumpuser_component_switchlwp(lwp: *mut Lwp) {
    let upcalls = upcalls(&caller());
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
    let upcalls = upcalls(&caller());
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

impl Instance {
    /// Runs `f`, which has the kernel destroy interfaces. That takes some of the kernel's time, so
    /// a clock that is moved by hand moves on, unless the thread takes turns on it already.
    #[cfg(any(feature = "rumpnet_shmif", feature = "rumpnet_virtif"))]
    pub fn destroying<R>(&self, f: impl FnOnce() -> R) -> R {
        self.parked.while_time_passes(f)
    }

    /// Gives the calling thread a lwp of the kernel's own process. `Err` with the kernel's errno.
    pub(crate) fn become_kernel_thread(&self) -> Result<(), c_int> {
        const KERNEL_PROCESS: libc::pid_t = 0;
        let upcalls = upcalls(self);
        // SAFETY: functions of the kernel, in the order that it asks for, on a thread that has no
        // CPU; nothing here has a destructor.
        let error = unsafe {
            (upcalls.schedule)();
            let error = (upcalls.lwproc_newlwp)(KERNEL_PROCESS);
            (upcalls.unschedule)();
            error
        };
        if error == 0 { Ok(()) } else { Err(error) }
    }
}
