//! What clocks a kernel can have.

use std::time::{Duration, SystemTime};

use super::Hand;
use crate::wait::LATEST;

const FASTEST: f64 = 1000.0;

/// Why there is no such clock, or why it does not move.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ClockError {
    /// A time before 1970 or after 9999.
    #[error("a kernel's clock shows times from the beginning of 1970 to the end of 9999")]
    OutOfRange,
    /// A rate that is no number, not positive, or too large or small.
    #[error(
        "a clock cannot run {0} times as fast as the host's: 1/1000 to 1000 times are possible"
    )]
    Rate(f64),
    /// A clock that is moved by hand has no rate.
    #[error("a clock that is moved by hand does not run, and so cannot run faster or slower")]
    ByHand,
    /// A time that is over.
    #[error("a clock that is moved by hand does not go back")]
    Back,
    /// Called by a thread that the clock would have to wait for: in a callback of a kernel on this
    /// clock, in [`Hand::run`], or on a thread of [`Hand::spawn`].
    #[error(
        "a thread that takes its turns with the kernels on a clock cannot wait for that clock to be moved by itself"
    )]
    Inside,
}

/// When a clock begins.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Start {
    /// At the host's time.
    #[default]
    Host,
    At(Duration),
    Ahead(Duration),
    Behind(Duration),
}

#[derive(Clone, Debug, Default)]
pub(super) enum Kind {
    #[default]
    Host,
    Running {
        start: Start,
        rate: f64,
    },
    Hand(Hand),
}

/// A kernel's clock. Everything in the kernel that knows or waits for time follows it: time stamps
/// of files, timeouts of calls, the timers of protocols.
///
/// By default it is the host's. It can begin at another time, run faster or slower, or stand still
/// but for a [`Hand`] that moves it. A clock that runs starts when its kernel is made.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use rumpuser_posix::{Clock, Hand};
///
/// # fn main() -> Result<(), rumpuser_posix::ClockError> {
/// let millennium = SystemTime::UNIX_EPOCH + Duration::from_secs(978_307_200);
/// let a_minute_a_second = Clock::starting_at(millennium)?.scaled(60.0)?;
/// let fast = Clock::ahead(Duration::from_secs(300))?;
/// let still = Hand::new(millennium)?.clock();
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Clock {
    pub(super) kind: Kind,
}

/// The time since 1970, if a kernel can have it.
pub(super) fn since_1970(time: SystemTime) -> Result<Duration, ClockError> {
    let since = time
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_err(|_| ClockError::OutOfRange)?;
    in_range(since)
}

pub(super) fn in_range(since: Duration) -> Result<Duration, ClockError> {
    if since <= LATEST {
        Ok(since)
    } else {
        Err(ClockError::OutOfRange)
    }
}

impl Clock {
    /// The host's clock, [`SystemTime`].
    #[must_use]
    pub fn host() -> Self {
        Self::default()
    }

    fn running(start: Start) -> Self {
        Self {
            kind: Kind::Running { start, rate: 1.0 },
        }
    }

    /// A clock that shows `time` when its kernel is made, and runs like the host's.
    ///
    /// # Errors
    ///
    /// [`ClockError::OutOfRange`].
    pub fn starting_at(time: SystemTime) -> Result<Self, ClockError> {
        Ok(Self::running(Start::At(since_1970(time)?)))
    }

    /// A clock that is fast by `shift`, compared with the host's when its kernel is made.
    ///
    /// # Errors
    ///
    /// [`ClockError::OutOfRange`].
    pub fn ahead(shift: Duration) -> Result<Self, ClockError> {
        let now = since_1970(SystemTime::now())?;
        in_range(now.saturating_add(shift))?;
        Ok(Self::running(Start::Ahead(shift)))
    }

    /// A clock that is slow by `shift`, compared with the host's when its kernel is made.
    ///
    /// # Errors
    ///
    /// [`ClockError::OutOfRange`].
    pub fn behind(shift: Duration) -> Result<Self, ClockError> {
        let now = since_1970(SystemTime::now())?;
        now.checked_sub(shift).ok_or(ClockError::OutOfRange)?;
        Ok(Self::running(Start::Behind(shift)))
    }

    /// This clock, running `rate` times as fast, from its start on: 60.0 makes a minute pass in a
    /// second, 0.5 a second in two. The timers of a kernel work on its clock, so that one that runs
    /// fast has more to do.
    ///
    /// # Errors
    ///
    /// [`ClockError::Rate`] when the rate, together with that of this clock, is not between 0.001
    /// and 1000; [`ClockError::ByHand`].
    pub fn scaled(self, rate: f64) -> Result<Self, ClockError> {
        let (start, before) = match self.kind {
            Kind::Host => (Start::Host, 1.0),
            Kind::Running { start, rate } => (start, rate),
            Kind::Hand(_) => return Err(ClockError::ByHand),
        };
        let product = rate * before;
        // A rate that is not a number fails this, too.
        if !(1.0 / FASTEST..=FASTEST).contains(&product) {
            return Err(ClockError::Rate(product));
        }
        let rate = product;
        Ok(Self {
            kind: Kind::Running { start, rate },
        })
    }
}
