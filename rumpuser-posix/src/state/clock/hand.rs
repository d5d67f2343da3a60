//! The hand that moves a clock.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::kind::{Kind, in_range, since_1970};
use super::{Clock, ClockError};
use crate::wait::Turns;

/// Moves the clock of one or more kernels.
///
/// The clock stands still until the program moves it: on by some time ([`advance`](Self::advance)),
/// or for as long as a function takes ([`run`](Self::run)). It moves from one deadline to the next,
/// and wakes who waits for that one; when everything that follows from this has come to rest, it
/// moves to the next. So nothing is skipped. A kernel counts its time in ticks of ten milliseconds,
/// and an hour takes a fraction of a second of the host's time.
///
/// # One thread at a time
///
/// Of all threads that are in kernels on one clock exactly one runs at a time. The kernels' own
/// threads take turns in the order in which they were woken, and calls of the program come in when
/// all of those wait. So what the kernels do depends on what the program does, and on nothing else:
/// with random numbers from a seed ([`Random::seeded`](crate::Random::seeded)) a network of kernels
/// does the same in every run, as long as the program makes the same calls in the same order. It
/// does so from one thread, or from threads started with [`spawn`](Self::spawn) in
/// [`run`](Self::run).
///
/// A thread has its turn until it waits in a kernel or leaves it. In particular it has its turn in
/// a system call of the host's that a kernel makes, such as reading a disk image, and while a
/// kernel calls the program back: a console sink must not wait for another thread that calls a
/// kernel on the same clock.
///
/// # What waits for the clock
///
/// A kernel that waits for a time to pass waits for the hand, also where a program may not expect
/// it: when it is short of memory ([`Parameters::memory_limit`](crate::Parameters::memory_limit)),
/// or tries something again after a while. A thread that waits for such a call has to make it in
/// [`run`](Self::run), or leave moving the clock to another thread. Booting waits for no time, nor
/// do disks.
///
/// A kernel that is being shut down does not wait for the hand: it has its own time from then on,
/// which passes when nothing else happens.
///
/// A handle: clones move the same clock. All methods may be called from any thread, except in a
/// child process that was forked.
#[derive(Clone)]
pub struct Hand {
    pub(super) turns: Arc<Turns>,
}

impl Hand {
    /// A new clock, which shows `time`.
    ///
    /// # Errors
    ///
    /// [`ClockError::OutOfRange`].
    pub fn new(time: SystemTime) -> Result<Self, ClockError> {
        Ok(Self {
            turns: Arc::new(Turns::new(since_1970(time)?)),
        })
    }

    /// The clock, for a kernel. Several kernels can have it.
    #[must_use]
    pub fn clock(&self) -> Clock {
        Clock {
            kind: Kind::Hand(self.clone()),
        }
    }

    /// What the clock shows. In a kernel file times and the like follow with the next tick.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.turns.now()
    }

    /// Moves the clock on by `time`, and returns when everything has happened that happens till
    /// then. Zero waits for what is happening now.
    ///
    /// # Errors
    ///
    /// [`ClockError::OutOfRange`], [`ClockError::Inside`].
    pub fn advance(&self, time: Duration) -> Result<(), ClockError> {
        self.move_to(|now| in_range(now.saturating_add(time)))
    }

    /// Moves the clock on to `time`.
    ///
    /// # Errors
    ///
    /// [`ClockError::Back`] when it shows a later time, [`ClockError::OutOfRange`],
    /// [`ClockError::Inside`].
    pub fn advance_to(&self, time: SystemTime) -> Result<(), ClockError> {
        let goal = since_1970(time)?;
        self.move_to(|now| {
            if now <= goal {
                Ok(goal)
            } else {
                Err(ClockError::Back)
            }
        })
    }

    fn move_to(
        &self,
        goal: impl FnOnce(Duration) -> Result<Duration, ClockError>,
    ) -> Result<(), ClockError> {
        if self.turns.is_mine() {
            return Err(ClockError::Inside);
        }
        self.turns.advance(goal)
    }

    /// Runs `f`, and moves the clock on for as long as `f` waits in a kernel on this clock, from
    /// deadline to deadline: a read with a timeout of an hour returns at once, after an hour of
    /// the kernel's time. A call in `f` that waits for ever makes the clock go on for ever.
    ///
    /// `f` has its turn like a kernel's thread, also while it is outside of the kernels: nothing
    /// happens in them, and no other thread can call them, until `f` waits in one, or is done.
    ///
    /// # Errors
    ///
    /// [`ClockError::Inside`].
    pub fn run<R>(&self, f: impl FnOnce() -> R) -> Result<R, ClockError> {
        if self.turns.is_mine() {
            return Err(ClockError::Inside);
        }
        Ok(self.turns.run(f))
    }

    /// Waits, on a thread of the program's, until the clock has moved on by `time`.
    pub fn sleep(&self, time: Duration) {
        self.turns.sleep(time);
    }

    /// Waits until every thread in the kernels on this clock waits: nothing happens any more before
    /// the clock moves, or somebody calls. At most for `timeout`, by the host's clock. Whether that
    /// is so.
    ///
    /// It is exact: a thread that was woken counts as running from that moment on. A thread in a
    /// system call of the host's counts as running. In a callback it does not wait.
    #[must_use]
    pub fn wait_idle(&self, timeout: Option<Duration>) -> bool {
        !self.turns.is_mine() && self.turns.wait_idle(timeout)
    }
}

impl fmt::Debug for Hand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hand").field("now", &self.now()).finish()
    }
}
