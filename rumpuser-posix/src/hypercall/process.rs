//! `rumpuser_init`, `rumpuser_exit`, `rumpuser_kill`, `rumpuser_seterrno`: the kernel as a whole.
//!
//! `rumpuser_init` is the first hypercall of a kernel and hands over its upcalls. `rumpuser_exit`
//! is its last: the kernel is dead, and every thread leaves it; see
//! [`Instance::enter`](crate::Instance::enter). In a C program, whose threads have not entered, it
//! ends the process, with exit(3), or with abort(3) after a panic.

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use super::signal;
use crate::errno::from_host;
use crate::instance::{Death, DeathKind, Hyperup, Records, Upcalls, caller};

/// The version of rumpuser(3) that this is.
const VERSION: c_int = 17;
/// The exit code that stands for a panic.
const PANIC: c_int = -1;

/// Takes the kernel's upcalls. EINVAL when the kernel wants another version of the hypercalls.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_init(version: c_int, table: Records<Hyperup>) -> c_int {
    let instance = &*caller();
    if version != VERSION {
        let complaint = format!(
            "rumpuser: the kernel wants version {version} of the hypercalls, this is {VERSION}\n"
        );
        instance.console.debug(complaint.as_bytes());
        return from_host(libc::EINVAL);
    }
    match table.get(1).first().and_then(Upcalls::of) {
        Some(upcalls) => {
            // A kernel initialises once; should it do so again, its functions are the same.
            let _ = instance.upcalls.set(upcalls);
            0
        }
        None => from_host(libc::EINVAL),
    }
}

/// Ends the kernel. `frame` is the frame of `rumpuser_exit`, which is in C.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_posix_exit(code: c_int, frame: *const c_void) -> ! {
    let instance = &*caller();
    let kind = match code {
        PANIC => DeathKind::Panic,
        _ => DeathKind::Halt(code),
    };
    let tell = || match kind {
        DeathKind::Panic => {
            let message = instance.console.panic_message();
            let message = message
                .as_deref()
                .unwrap_or("panic: the kernel gave no reason");
            Death {
                backtrace: Arc::new(instance.backtrace(frame.addr())),
                ..Death::panic(message)
            }
        }
        _ => Death::halt(code),
    };
    instance.die(instance.reserve.death(kind, tell));
    instance.leave()
}

unsafe extern "C" {
    fn rumpuser_exit(code: c_int) -> !;
}

/// Nothing in Rust calls the C part; see the module console.
#[used]
static EXIT: unsafe extern "C" fn(c_int) -> ! = rumpuser_exit;

/// Raises a signal in the process, where the program is one that expects it: a kernel that was set
/// up from Rust reports what happened by its error number alone.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_kill(_process: i64, number: c_int) -> c_int {
    if caller().raises_signals
        && let Some(signal) = signal::to_host(number)
    {
        // SAFETY: raise() has no conditions.
        unsafe { libc::raise(signal) };
    }
    0
}

/// Sets the calling thread's errno, to a number of NetBSD's.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_seterrno(error: c_int) {
    ::errno::set_errno(::errno::Errno(error));
}
