//! The kernel's side of the contract: functions that it hands over in `rumpuser_init`, and how they
//! are called.
//!
//! A host thread that runs kernel code holds one of the kernel's virtual CPUs, and perhaps its big
//! lock. Before it blocks in the host it gives both back, and takes them again afterwards
//! ([`Instance::unscheduled`]). An upcall runs kernel code, which makes hypercalls, which may find
//! the kernel dead and leave by a jump: **no frame of this crate may hold a value with a destructor
//! while it calls one**. The bounds `Copy` on closures and results here serve that rule.

use std::ffi::{c_char, c_int, c_long, c_void};
use std::ptr;

use super::Instance;
use crate::wait::Lwp;

/// `struct rumpuser_hyperup` of rumpuser.h.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Hyperup {
    schedule: Option<unsafe extern "C" fn()>,
    unschedule: Option<unsafe extern "C" fn()>,
    backend_unschedule: Option<unsafe extern "C" fn(c_int, *mut c_int, *mut c_void)>,
    backend_schedule: Option<unsafe extern "C" fn(c_int, *mut c_void)>,
    lwproc_switch: Option<unsafe extern "C" fn(*mut Lwp)>,
    lwproc_release: Option<unsafe extern "C" fn()>,
    lwproc_rfork: Option<unsafe extern "C" fn(*mut c_void, c_int, *const c_char) -> c_int>,
    lwproc_newlwp: Option<unsafe extern "C" fn(libc::pid_t) -> c_int>,
    lwproc_curlwp: Option<unsafe extern "C" fn() -> *mut Lwp>,
    syscall: Option<unsafe extern "C" fn(c_int, *mut c_void, *mut c_long) -> c_int>,
    lwpexit: Option<unsafe extern "C" fn()>,
    execnotify: Option<unsafe extern "C" fn(*const c_char)>,
    getpid: Option<unsafe extern "C" fn() -> libc::pid_t>,
    extra: [*mut c_void; 8],
}

/// The upcalls that are made, known to be there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Upcalls {
    pub(crate) schedule: unsafe extern "C" fn(),
    pub(crate) unschedule: unsafe extern "C" fn(),
    backend_unschedule: unsafe extern "C" fn(c_int, *mut c_int, *mut c_void),
    backend_schedule: unsafe extern "C" fn(c_int, *mut c_void),
    pub(crate) lwproc_switch: unsafe extern "C" fn(*mut Lwp),
    pub(crate) lwproc_release: unsafe extern "C" fn(),
    pub(crate) lwproc_newlwp: unsafe extern "C" fn(libc::pid_t) -> c_int,
    pub(crate) lwproc_curlwp: unsafe extern "C" fn() -> *mut Lwp,
}

impl Upcalls {
    /// `None` when the kernel left out one that is needed.
    pub(crate) fn of(table: &Hyperup) -> Option<Self> {
        Some(Self {
            schedule: table.schedule?,
            unschedule: table.unschedule?,
            backend_unschedule: table.backend_unschedule?,
            backend_schedule: table.backend_schedule?,
            lwproc_switch: table.lwproc_switch?,
            lwproc_release: table.lwproc_release?,
            lwproc_newlwp: table.lwproc_newlwp?,
            lwproc_curlwp: table.lwproc_curlwp?,
        })
    }
}

impl Instance {
    /// Gives back the virtual CPU and the big lock; returns how often the big lock was held. The
    /// kernel takes `interlock` before the CPU is free, when it is the CPU's own lock.
    pub(crate) fn unschedule(&self, interlock: *mut c_void) -> c_int {
        let mut locks = 0;
        if let Some(upcalls) = self.upcalls.get() {
            // SAFETY: the function came with rumpuser_init, and a hypercall runs on a thread that
            // holds a CPU wherever the kernel's contract lets it block.
            unsafe { (upcalls.backend_unschedule)(0, &mut locks, interlock) };
        }
        locks
    }

    /// Takes back what [`unschedule`](Self::unschedule) gave.
    pub(crate) fn schedule(&self, locks: c_int, interlock: *mut c_void) {
        if let Some(upcalls) = self.upcalls.get() {
            // SAFETY: as in unschedule(), on a thread that has given its CPU back.
            unsafe { (upcalls.backend_schedule)(locks, interlock) };
        }
    }

    /// Runs `blocking` without CPU and big lock.
    pub(crate) fn unscheduled<F, R>(&self, blocking: F) -> R
    where
        F: FnOnce() -> R + Copy,
        R: Copy,
    {
        let locks = self.unschedule(ptr::null_mut());
        let result = blocking();
        self.schedule(locks, ptr::null_mut());
        result
    }

    /// The upcalls, which are there as soon as a component can run.
    pub(crate) fn upcalls(&self) -> Upcalls {
        match self.upcalls.get() {
            Some(upcalls) => *upcalls,
            None => self.fail("rumpuser: a component called before the kernel was initialised"),
        }
    }

    /// Runs `f`, which has the kernel destroy interfaces. That takes some of the kernel's time, so
    /// a clock that is moved by hand moves on, unless the thread takes turns on it already.
    #[cfg(any(feature = "rumpnet_shmif", feature = "rumpnet_virtif"))]
    pub fn destroying<R>(&self, f: impl FnOnce() -> R) -> R {
        self.parked.while_time_passes(f)
    }

    /// Gives the calling thread a lwp of the kernel's own process. `Err` with the kernel's errno.
    pub(crate) fn become_kernel_thread(&self) -> Result<(), c_int> {
        const KERNEL_PROCESS: libc::pid_t = 0;
        let upcalls = self.upcalls();
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
