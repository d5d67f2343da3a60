//! The kernel's threads, and what belongs to each.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use rumpkernel_sys::{EAGAIN, lwp};

use crate::scheduler::{self, current};

const LWP_SET: c_int = 2;
const LWP_CLEAR: c_int = 3;

// All threads are one host thread, so that a thread-local variable of the kernel's cannot tell which lwp runs.
const _: () = assert!(
    matches!(
        option_env!("RUMPKERNEL_CURLWP"),
        Some(value) if matches!(value.as_bytes(), b"hypercall")
    ),
    "the kernel has to ask for its lwp: build it with RUMPKERNEL_CURLWP=hypercall"
);

/// The priority and the CPU are hints. This scheduler knows no priorities, and there is one CPU.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_thread_create(
    function: unsafe extern "C" fn(*mut c_void) -> *mut c_void,
    argument: *mut c_void,
    name: *const c_char,
    joinable: c_int,
    _priority: c_int,
    _cpu: c_int,
    _cookie: *mut *mut c_void,
) -> c_int {
    if !name.is_null() {
        // SAFETY: a string.
        let name = unsafe { CStr::from_ptr(name) };
        println!("  a thread: {}", name.to_string_lossy());
    }
    if joinable != 0 {
        eprintln!("threads cannot be joined here, and no component was to ask for one that can");
        return EAGAIN;
    }
    let spawned = scheduler::spawn(move || {
        // SAFETY: the kernel's function and its argument.
        unsafe { function(argument) };
    });
    if spawned.is_ok() { 0 } else { EAGAIN }
}

#[unsafe(no_mangle)]
extern "C" fn rumpuser_thread_exit() -> ! {
    scheduler::end()
}

/// Creation and destruction are announced, too; there is nothing to do.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_curlwpop(operation: c_int, lwp: *mut lwp) {
    match operation {
        LWP_SET => current().lwp.set(lwp),
        LWP_CLEAR => current().lwp.set(ptr::null_mut()),
        _ => {}
    }
}

#[unsafe(no_mangle)]
extern "C" fn rumpuser_curlwp() -> *mut lwp {
    current().lwp.get()
}

/// Where a system call leaves its error, for the thread that made it.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_seterrno(error: c_int) {
    current().errno.set(error);
}
