//! `rumpuser_clock_gettime`, `rumpuser_clock_sleep`: time.
//!
//! The kernel knows two clocks: the wall clock, in whose units it also sleeps for a while
//! (`RUMPUSER_CLOCK_RELWALL`), and a monotonic one, until whose reading it sleeps
//! (`RUMPUSER_CLOCK_ABSMONO`). Sleeping gives up the virtual CPU. A sleep ends early only when the
//! kernel dies.

use std::ffi::{c_int, c_long};
use std::ptr;

use crate::errno::from_host;
use crate::instance::{Out, caller};
use crate::state::fault::Fault;
use crate::wait::{Dead, Deadline, Parked, Wake};

const RELWALL: c_int = 0;
const ABSMONO: c_int = 1;

fn sleep_until(parked: &Parked, deadline: Option<Deadline>) -> Result<(), Dead> {
    let key = ptr::from_ref(&deadline) as usize;
    loop {
        match parked.park(key, || true, || {}, || {}, deadline) {
            Wake::Dead => return Err(Dead),
            Wake::TimedOut => return Ok(()),
            // Meant for somebody who used this address before.
            Wake::Unparked(_) | Wake::Invalid => {}
        }
    }
}

/// Stores the reading of a clock. EINVAL for a clock that does not exist.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_clock_gettime(clock: c_int, seconds: Out<i64>, nanos: Out<c_long>) -> c_int {
    let instance = &*caller();
    let reading = match clock {
        _ if instance.faults().strikes(Fault::Clock) => Err(libc::EINVAL),
        RELWALL => instance.time.wall(),
        ABSMONO => instance.time.monotonic(),
        _ => Err(libc::EINVAL),
    };
    match reading {
        Ok(time) => {
            seconds.set(time.0);
            // Nanoseconds fit any long.
            nanos.set(time.1 as c_long);
            0
        }
        Err(error) => from_host(error),
    }
}

/// Sleeps for a time or until a time, by the clock.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_clock_sleep(clock: c_int, seconds: i64, nanos: c_long) -> c_int {
    let instance = &*caller();
    #[allow(clippy::useless_conversion, reason = "long is narrower on some hosts")]
    let nanos = i64::from(nanos);
    let deadline = match clock {
        _ if instance.faults().strikes(Fault::Sleep) => return from_host(libc::EINVAL),
        RELWALL => instance.time.after(seconds, nanos),
        ABSMONO => match instance.time.at_monotonic(seconds, nanos) {
            Ok(deadline) => deadline,
            Err(error) => return from_host(error),
        },
        _ => return from_host(libc::EINVAL),
    };
    let locks = instance.unschedule(ptr::null_mut());
    if sleep_until(&instance.parked, deadline).is_err() {
        instance.leave();
    }
    instance.schedule(locks, ptr::null_mut());
    0
}
