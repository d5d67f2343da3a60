//! Time: two clocks to read, and two ways to sleep.

use std::ffi::{c_int, c_long};
use std::sync::LazyLock;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rumpkernel_sys::EINVAL;

use crate::scheduler;
use crate::upcalls::without_cpu;

/// The wall clock, and sleeping for a while.
const RELWALL: c_int = 0;
/// A clock that never jumps, and sleeping until it shows a time.
const ABSMONO: c_int = 1;

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// How long the program has run: the monotonic clock.
pub(crate) fn now() -> Duration {
    START.elapsed()
}

/// What to do when no thread can run. On bare metal: set a timer and halt until an interrupt.
pub(crate) fn idle_until(deadline: Duration) {
    thread::sleep(deadline.saturating_sub(now()));
}

/// The kernel's way to write a time, of which it asks for none that is negative.
pub(crate) fn duration(seconds: i64, nanoseconds: impl TryInto<u32>) -> Duration {
    Duration::new(
        seconds.try_into().unwrap_or(0),
        nanoseconds.try_into().unwrap_or(0),
    )
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
        seconds.write(time.as_secs() as i64);
        nanoseconds.write(time.subsec_nanos() as c_long);
    }
    0
}

#[unsafe(no_mangle)]
extern "C" fn rumpuser_clock_sleep(clock: c_int, seconds: i64, nanoseconds: c_long) -> c_int {
    let time = duration(seconds, nanoseconds);
    let deadline = match clock {
        RELWALL => now().saturating_add(time),
        ABSMONO => time,
        _ => return EINVAL,
    };
    without_cpu(|| scheduler::sleep_until(deadline));
    0
}
