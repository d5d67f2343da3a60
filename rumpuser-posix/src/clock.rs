//! `rumpuser_clock_gettime`, `rumpuser_clock_sleep`: time.
//!
//! The kernel knows two clocks: the wall clock, in whose units it also sleeps for a while
//! (`RUMPUSER_CLOCK_RELWALL`), and a monotonic one, until whose reading it sleeps
//! (`RUMPUSER_CLOCK_ABSMONO`). Sleeping gives up the virtual CPU. A sleep ends early only when the
//! kernel dies. Every time that hypercalls see comes from the instance's [`Clock`].

use std::ffi::{c_int, c_long};
use std::ptr;
use std::time::{Duration, Instant, SystemTime};

use crate::errno::from_host;
use crate::instance::{Dead, Instance, Wake, caller};

const RELWALL: c_int = 0;
const ABSMONO: c_int = 1;
const NANOS: i64 = 1_000_000_000;

/// A kernel's clock: the host's.
#[derive(Debug, Default)]
pub struct Clock(());

impl Clock {
    /// Seconds and nanoseconds since 1970.
    fn wall(&self) -> (i64, i64) {
        match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => (since.as_secs() as i64, i64::from(since.subsec_nanos())),
            // A host that believes to be in the sixties.
            Err(before) => {
                let before = before.duration();
                let nanos = i64::from(before.subsec_nanos());
                let borrow = i64::from(nanos > 0);
                (-(before.as_secs() as i64) - borrow, (NANOS - nanos) % NANOS)
            }
        }
    }

    /// Seconds and nanoseconds of the host's monotonic clock, or the host's errno.
    fn monotonic(&self) -> Result<(i64, i64), c_int> {
        let mut time = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: the structure is there to be written.
        if unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) } == 0 {
            #[allow(clippy::useless_conversion, reason = "both are narrower on some hosts")]
            Ok((i64::from(time.tv_sec), i64::from(time.tv_nsec)))
        } else {
            Err(crate::errno::last())
        }
    }

    /// When that much time will have passed; `None` for never in a lifetime.
    pub(crate) fn deadline(&self, seconds: i64, nanos: i64) -> Option<Instant> {
        let seconds = seconds.saturating_add(nanos.div_euclid(NANOS));
        // In range: the remainder is less than a second.
        let nanos = nanos.rem_euclid(NANOS) as u32;
        let span = match u64::try_from(seconds) {
            Ok(seconds) => Duration::new(seconds, nanos),
            Err(_) => Duration::ZERO,
        };
        Instant::now().checked_add(span)
    }
}

impl Instance {
    fn sleep_until(&self, deadline: Option<Instant>) -> Result<(), Dead> {
        let key = ptr::from_ref(&deadline) as usize;
        loop {
            match self.parked.park(key, || true, || {}, || {}, deadline) {
                Wake::Dead => return Err(Dead),
                Wake::TimedOut => return Ok(()),
                // Meant for somebody who used this address before.
                Wake::Unparked(_) | Wake::Invalid => {}
            }
        }
    }
}

/// Stores the reading of a clock. EINVAL for a clock that does not exist.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_clock_gettime(
    clock: c_int,
    seconds: *mut i64,
    nanos: *mut c_long,
) -> c_int {
    let instance = caller();
    let reading = match clock {
        RELWALL => Ok(instance.clock.wall()),
        ABSMONO => instance.clock.monotonic(),
        _ => Err(libc::EINVAL),
    };
    match reading {
        Ok(time) => {
            // SAFETY: the kernel passes two places to write to. Nanoseconds fit any long.
            unsafe {
                seconds.write(time.0);
                nanos.write(time.1 as c_long);
            }
            0
        }
        Err(error) => from_host(error),
    }
}

/// Sleeps for a time or until a time, by the clock.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_clock_sleep(clock: c_int, seconds: i64, nanos: c_long) -> c_int {
    let instance = caller();
    #[allow(clippy::useless_conversion, reason = "long is narrower on some hosts")]
    let nanos = i64::from(nanos);
    let deadline = match clock {
        RELWALL => instance.clock.deadline(seconds, nanos),
        ABSMONO => match instance.clock.monotonic() {
            Ok(now) => instance
                .clock
                .deadline(seconds.saturating_sub(now.0), nanos - now.1),
            Err(error) => return from_host(error),
        },
        _ => return from_host(libc::EINVAL),
    };
    let locks = instance.unschedule(ptr::null_mut());
    if instance.sleep_until(deadline).is_err() {
        instance.leave();
    }
    instance.schedule(locks, ptr::null_mut());
    0
}
