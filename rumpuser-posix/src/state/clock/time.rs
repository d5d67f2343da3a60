//! The time of one kernel: a [`Clock`] that has begun.

use std::ffi::c_int;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::Clock;
use super::kind::{Kind, Start};
use crate::wait::{Deadline, Turns};

const NANOS: i64 = 1_000_000_000;

/// A clock that runs at a rate of its own.
#[derive(Debug)]
struct Running {
    /// Since 1970, when it began.
    start: Duration,
    begin: Instant,
    rate: f64,
}

#[derive(Debug)]
enum Face {
    Host,
    Running(Running),
    Hand { turns: Arc<Turns>, kernel: u64 },
}

/// What time it is in a kernel.
#[derive(Debug)]
pub(crate) struct Time(Face);

/// Seconds and nanoseconds.
type Reading = (i64, i64);

fn reading(time: Duration) -> Reading {
    (time.as_secs() as i64, i64::from(time.subsec_nanos()))
}

/// That much, nothing if it is negative.
fn span(seconds: i64, nanos: i64) -> Duration {
    let seconds = seconds.saturating_add(nanos.div_euclid(NANOS));
    match u64::try_from(seconds) {
        // In range: the remainder is less than a second.
        Ok(seconds) => Duration::new(seconds, nanos.rem_euclid(NANOS) as u32),
        Err(_) => Duration::ZERO,
    }
}

impl Running {
    fn elapsed(&self) -> Duration {
        let elapsed = self.begin.elapsed();
        Duration::try_from_secs_f64(elapsed.as_secs_f64() * self.rate).unwrap_or(Duration::MAX)
    }
}

/// The host's wall clock. Before 1970 the seconds are negative.
fn host_wall() -> Reading {
    match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => reading(since),
        Err(before) => {
            let (seconds, nanos) = reading(before.duration());
            (-seconds - i64::from(nanos > 0), (NANOS - nanos) % NANOS)
        }
    }
}

/// The host's monotonic clock, or the host's errno.
fn host_monotonic() -> Result<Reading, c_int> {
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

impl Clock {
    /// Starts this clock for a kernel.
    pub(crate) fn begin(&self, kernel: u64) -> Time {
        Time(match &self.kind {
            Kind::Host => Face::Host,
            &Kind::Running { start, rate } => {
                let host = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
                let host = host.unwrap_or_default();
                Face::Running(Running {
                    start: match start {
                        Start::Host => host,
                        Start::At(time) => time,
                        Start::Ahead(shift) => host.saturating_add(shift),
                        Start::Behind(shift) => host.saturating_sub(shift),
                    },
                    begin: Instant::now(),
                    rate,
                })
            }
            Kind::Hand(hand) => Face::Hand {
                turns: Arc::clone(&hand.turns),
                kernel,
            },
        })
    }

    /// The turns that the threads of kernels on this clock take.
    pub(crate) fn turns(&self) -> Option<Arc<Turns>> {
        match &self.kind {
            Kind::Hand(hand) => Some(Arc::clone(&hand.turns)),
            Kind::Host | Kind::Running { .. } => None,
        }
    }
}

impl Time {
    /// The wall clock, since 1970.
    pub(crate) fn wall(&self) -> Result<Reading, c_int> {
        Ok(match &self.0 {
            Face::Host => host_wall(),
            Face::Running(running) => reading(running.start.saturating_add(running.elapsed())),
            Face::Hand { turns, kernel } => reading(turns.now_of(*kernel)),
        })
    }

    /// The monotonic clock, or the host's errno.
    pub(crate) fn monotonic(&self) -> Result<Reading, c_int> {
        match &self.0 {
            Face::Host => host_monotonic(),
            Face::Running(running) => Ok(reading(running.elapsed())),
            Face::Hand { turns, kernel } => Ok(reading(turns.monotonic_of(*kernel))),
        }
    }

    /// When that much time will have passed; `None` for never in a lifetime.
    pub(crate) fn after(&self, seconds: i64, nanos: i64) -> Option<Deadline> {
        let span = span(seconds, nanos);
        match &self.0 {
            Face::Host => Instant::now().checked_add(span).map(Deadline::Host),
            Face::Running(running) => {
                let span = Duration::try_from_secs_f64(span.as_secs_f64() / running.rate).ok()?;
                Instant::now().checked_add(span).map(Deadline::Host)
            }
            Face::Hand { turns, kernel } => {
                turns.now_of(*kernel).checked_add(span).map(Deadline::Hand)
            }
        }
    }

    /// When the monotonic clock will show that; `None` for never in a lifetime.
    pub(crate) fn at_monotonic(&self, seconds: i64, nanos: i64) -> Result<Option<Deadline>, c_int> {
        match &self.0 {
            Face::Host => {
                let now = host_monotonic()?;
                Ok(self.after(seconds.saturating_sub(now.0), nanos.saturating_sub(now.1)))
            }
            Face::Running(running) => {
                let host = span(seconds, nanos).as_secs_f64() / running.rate;
                Ok(Duration::try_from_secs_f64(host)
                    .ok()
                    .and_then(|host| running.begin.checked_add(host))
                    .map(Deadline::Host))
            }
            Face::Hand { turns, .. } => Ok(turns
                .start()
                .checked_add(span(seconds, nanos))
                .map(Deadline::Hand)),
        }
    }
}
