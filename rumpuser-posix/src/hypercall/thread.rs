//! `rumpuser_thread_create`, `rumpuser_thread_exit`, `rumpuser_thread_join`: the kernel's threads.
//!
//! Each is a host thread that enters the kernel at its first function and never returns from it: it
//! ends by `rumpuser_thread_exit`, or because the kernel is dead, both by a jump to where it
//! entered. A joinable one has a cookie, which is good for one join. Priority and CPU are hints
//! that are not taken: the kernel schedules its threads on its virtual CPUs itself.

use std::ffi::{c_int, c_void};
use std::ptr;

use crate::instance::{Function, Handle, Joinable, Out, Start, Text, caller};

/// Starts a thread, and stores a cookie if it is to be joined.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_thread_create(
    function: Function,
    argument: *mut c_void,
    name: Text,
    is_joinable: c_int,
    _priority: c_int,
    _cpu: c_int,
    cookie: Out<Handle<Joinable>>,
) -> c_int {
    let instance = &*caller();
    let joinable = (is_joinable != 0).then(|| Handle::new(instance, Joinable::new()));
    let start = Start {
        function,
        argument,
        joinable,
    };
    match (
        instance.create_thread(name.given().unwrap_or(c"rump"), start),
        joinable,
    ) {
        (Ok(()), joinable) => {
            if let Some(joinable) = joinable {
                cookie.set(joinable);
            }
            0
        }
        (Err(error), joinable) => {
            if let Some(joinable) = joinable {
                joinable.discard(instance);
            }
            error
        }
    }
}

/// Ends the calling thread. It has given up its CPU and lwp.
#[unsafe(no_mangle)]
extern "C-unwind" fn rumpuser_thread_exit() -> ! {
    caller().leave_alone()
}

/// Waits for a thread to end, without CPU.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_thread_join(cookie: Handle<Joinable>) -> c_int {
    let instance = &*caller();
    let joinable = cookie.get(instance);
    let locks = instance.unschedule(ptr::null_mut());
    if joinable.wait(&instance.parked).is_err() {
        instance.leave();
    }
    joinable.end();
    cookie.discard(instance);
    instance.schedule(locks, ptr::null_mut());
    0
}
