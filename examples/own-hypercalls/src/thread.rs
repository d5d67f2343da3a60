//! The kernel's threads, and which lwp each thread is.

use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr;

use rumpkernel_sys::{EAGAIN, EINVAL, lwp};

use crate::scheduler::{self, WaitQueue};
use crate::upcalls::without_cpu;

const LWP_SET: c_int = 2;
const LWP_CLEAR: c_int = 3;

/// What a thread and the one that joins it share. The latter frees it.
#[derive(Default)]
pub(crate) struct Joinable {
    has_ended: Cell<bool>,
    joiner: WaitQueue,
}

thread_local! {
    static CURLWP_IS_ASKED_FOR: Cell<bool> = const { Cell::new(false) };
}

/// The priority and the CPU are hints. This scheduler knows no priorities, and there is one CPU.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_thread_create(
    function: unsafe extern "C" fn(*mut c_void) -> *mut c_void,
    argument: *mut c_void,
    name: *const c_char,
    joinable: c_int,
    _priority: c_int,
    _cpu: c_int,
    cookie: *mut *mut c_void,
) -> c_int {
    if !CURLWP_IS_ASKED_FOR.get() {
        eprintln!("the kernel does not ask for its lwp: build it with RUMPKERNEL_CURLWP=hypercall");
        return EINVAL;
    }
    let shared = if joinable == 0 {
        ptr::null_mut()
    } else {
        Box::into_raw(Box::<Joinable>::default())
    };
    let spawned = scheduler::spawn(move || {
        scheduler::with_local(|local| local.joinable = shared);
        // SAFETY: the kernel's function and its argument.
        unsafe { function(argument) };
    });
    if spawned.is_err() {
        if !shared.is_null() {
            // SAFETY: from a box, and nobody has seen it.
            drop(unsafe { Box::from_raw(shared) });
        }
        return EAGAIN;
    }
    if !name.is_null() {
        // SAFETY: a string.
        let name = unsafe { CStr::from_ptr(name) };
        println!("  a thread: {}", name.to_string_lossy());
    }
    if !shared.is_null() {
        // SAFETY: a place for the cookie.
        unsafe { cookie.write(shared.cast()) };
    }
    0
}

#[unsafe(no_mangle)]
extern "C" fn rumpuser_thread_exit() -> ! {
    let shared = scheduler::with_local(|local| local.joinable);
    if !shared.is_null() {
        // SAFETY: whoever joins frees it only after this.
        let shared = unsafe { &*shared };
        shared.has_ended.set(true);
        shared.joiner.wake_all();
    }
    scheduler::end_current()
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_thread_join(cookie: *mut c_void) -> c_int {
    let shared: *mut Joinable = cookie.cast();
    // SAFETY: the cookie of a thread, which is joined once.
    unsafe {
        if !(*shared).has_ended.get() {
            without_cpu(|| WaitQueue::wait(&raw const (*shared).joiner, None));
        }
        drop(Box::from_raw(shared));
    }
    0
}

/// Creation and destruction are announced, too; there is nothing to do.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_curlwpop(operation: c_int, lwp: *mut lwp) {
    match operation {
        LWP_SET => scheduler::with_local(|local| local.lwp = lwp),
        LWP_CLEAR => scheduler::with_local(|local| local.lwp = ptr::null_mut()),
        _ => {}
    }
}

#[unsafe(no_mangle)]
extern "C" fn rumpuser_curlwp() -> *mut lwp {
    CURLWP_IS_ASKED_FOR.set(true);
    scheduler::with_local(|local| local.lwp)
}
