//! The ends of threads that never entered their kernel, as those of C programs: they have nowhere
//! to go back to.

use std::ffi::c_void;
use std::ptr;

use super::{DeathKind, Instance};

/// Ends the process in place of a dead kernel's thread that has no entry to return to.
pub(super) fn end_process(instance: &Instance) -> ! {
    instance.console.print(b"halted\n");
    match instance.death().map(|death| death.kind) {
        // SAFETY: exit() may be called from any thread; no lock of this crate is held.
        Some(DeathKind::Halt(code)) => unsafe { libc::exit(code) },
        _ => std::process::abort(),
    }
}

/// Ends the calling thread, which the kernel wants no more.
pub(super) fn end_thread() -> ! {
    unsafe extern "C-unwind" {
        fn pthread_exit(value: *mut c_void) -> !;
    }
    // SAFETY: below are frames of the program and of the kernel, in C, and of this crate without
    // destructors.
    unsafe { pthread_exit(ptr::null_mut()) }
}
