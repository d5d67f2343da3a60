//! The kernel's functions for its hypercalls, and how a hypercall waits.

use std::cell::Cell;
use std::ffi::{c_char, c_int, c_long, c_void};
use std::ptr;

use rumpkernel_sys::{EINVAL, lwp, pid_t};

use crate::mutex::Mutex;

const VERSION: c_int = 17;

/// `struct rumpuser_hyperup`. Those that serve a sysproxy are not called here.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Upcalls {
    schedule: unsafe extern "C" fn(),
    unschedule: unsafe extern "C" fn(),
    backend_unschedule: unsafe extern "C" fn(c_int, *mut c_int, *mut Mutex),
    backend_schedule: unsafe extern "C" fn(c_int, *mut Mutex),
    lwproc_switch: unsafe extern "C" fn(*mut lwp),
    lwproc_release: unsafe extern "C" fn(),
    lwproc_rfork: unsafe extern "C" fn(*mut c_void, c_int, *const c_char) -> c_int,
    lwproc_newlwp: unsafe extern "C" fn(pid_t) -> c_int,
    lwproc_curlwp: unsafe extern "C" fn() -> *mut lwp,
    syscall: unsafe extern "C" fn(c_int, *mut c_void, *mut c_long) -> c_int,
    lwpexit: unsafe extern "C" fn(),
    execnotify: unsafe extern "C" fn(*const c_char),
    getpid: unsafe extern "C" fn() -> pid_t,
    extra: [*mut c_void; 8],
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
pub(crate) fn unschedule(interlock: *mut Mutex) -> c_int {
    let mut locks = 0;
    // SAFETY: kernel code made the hypercall that gets here, with a CPU.
    unsafe { (upcalls().backend_unschedule)(0, &mut locks, interlock) };
    locks
}

/// Takes a virtual CPU, and the big lock as often as it was held.
pub(crate) fn schedule(locks: c_int, interlock: *mut Mutex) {
    // SAFETY: after `unschedule` on the same thread.
    unsafe { (upcalls().backend_schedule)(locks, interlock) };
}

/// Waits without a CPU.
pub(crate) fn without_cpu<T: Copy>(wait: impl FnOnce() -> T) -> T {
    let locks = unschedule(ptr::null_mut());
    let result = wait();
    schedule(locks, ptr::null_mut());
    result
}

fn upcalls() -> Upcalls {
    UPCALLS.get().expect("the kernel begins with rumpuser_init")
}
