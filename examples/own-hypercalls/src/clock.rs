//! Time: two clocks to read, and two ways to sleep.

use std::ffi::{c_int, c_long};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rumpkernel_sys::EINVAL;

use crate::scheduler;
use crate::upcalls::without_cpu;

/// The wall clock, and sleeping for a while.
const RELWALL: c_int = 0;
/// A clock that never jumps, and sleeping until it shows a time.
const ABSMONO: c_int = 1;

thread_local! {
    static START: Instant = Instant::now();
}

/// How long the program has run: the monotonic clock.
pub(crate) fn now() -> Duration {
    START.with(Instant::elapsed)
}

/// What to do when no thread can run. On bare metal: set a timer and halt until an interrupt.
pub(crate) fn idle_until(deadline: Duration) {
    thread::sleep(deadline.saturating_sub(now()));
}

/// The kernel's way to write a time, of which it asks for none that is negative.
pub(crate) fn duration(seconds: i64, nanoseconds: i64) -> Duration {
    let part = |number: i64| u64::try_from(number).unwrap_or(0);
    Duration::from_secs(part(seconds)).saturating_add(Duration::from_nanos(part(nanoseconds)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_clock_gettime(
    clock: c_int,
    seconds: *mut i64,
    nanoseconds: *mut c_long,
) -> c_int {
    let time = match clock {
        RELWALL => SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default(),
        ABSMONO => now(),
        _ => return EINVAL,
    };
    // SAFETY: places for the time.
    unsafe {
        seconds.write(i64::try_from(time.as_secs()).unwrap_or(i64::MAX));
        nanoseconds.write(time.subsec_nanos() as c_long);
    }
    0
}

#[unsafe(no_mangle)]
extern "C" fn rumpuser_clock_sleep(clock: c_int, seconds: i64, nanoseconds: c_long) -> c_int {
    #[allow(
        clippy::useless_conversion,
        reason = "a long has 32 bits on some machines"
    )]
    let time = duration(seconds, nanoseconds.into());
    let deadline = match clock {
        RELWALL => now().saturating_add(time),
        ABSMONO => time,
        _ => return EINVAL,
    };
    without_cpu(|| scheduler::sleep_until(deadline));
    0
}
