//! `rumpuser_curlwpop`, `rumpuser_curlwp`: which lwp of the kernel the calling thread is.
//!
//! The kernel sets it when a thread gets a lwp and clears it when the thread gives it up; creation
//! and destruction of a lwp are announced too and need nothing here.

use std::ffi::c_int;
use std::ptr;

use crate::instance::caller;
use crate::wait::Lwp;

const CREATE: c_int = 0;
const DESTROY: c_int = 1;
const SET: c_int = 2;
const CLEAR: c_int = 3;

/// Makes the calling thread the lwp, or ends that.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_curlwpop(operation: c_int, lwp: *mut Lwp) {
    let instance = &*caller();
    let lwp = match operation {
        SET if instance.lwp().is_null() => lwp,
        CLEAR if instance.lwp() == lwp => ptr::null_mut(),
        CREATE | DESTROY => return,
        _ => instance.fail("rumpuser: the kernel's and the host's idea of the current lwp differ"),
    };
    instance.set_lwp(lwp);
}

/// The lwp that the calling thread is, null if none.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_curlwp() -> *mut Lwp {
    caller().lwp()
}
