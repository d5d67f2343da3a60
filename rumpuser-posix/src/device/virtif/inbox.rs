//! Frames on their way into one interface.
//!
//! Any thread puts frames in; one thread of the kernel, the interface's receiver, takes them out,
//! and waits where the kernel's death finds it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;

use super::link::{Frame, Port};
use crate::instance::Instance;
use crate::wait::{Dead, Wake};

/// A frame that waits until it is due. Ordered by when it arrives.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Waiting {
    due: Duration,
    rank: u64,
    serial: u64,
    frame: Frame,
}

#[derive(Default)]
struct State {
    closed: bool,
    serial: u64,
    waiting: BinaryHeap<Reverse<Waiting>>,
}

/// The frames that wait at one port.
pub(super) struct Inbox {
    instance: Weak<Instance>,
    state: Mutex<State>,
    /// Counts the changes for which the receiver has to look again.
    changes: AtomicUsize,
    lost: AtomicUsize,
}

impl Inbox {
    pub(super) fn new(instance: Weak<Instance>) -> Self {
        Self {
            instance,
            state: Mutex::default(),
            changes: AtomicUsize::new(0),
            lost: AtomicUsize::new(0),
        }
    }

    pub(super) fn push(&self, delay: Duration, rank: u64, frame: Frame) -> bool {
        let taken = self.try_push(delay, rank, frame).is_some();
        if !taken {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        taken
    }

    fn try_push(&self, delay: Duration, rank: u64, frame: Frame) -> Option<()> {
        if !(Port::SHORTEST..=Port::LONGEST).contains(&frame.len()) {
            return None;
        }
        let instance = self.instance.upgrade()?;
        if instance.parked.is_dead() {
            return None;
        }
        // What is not delayed is due since ever.
        let due = match delay {
            Duration::ZERO => Duration::ZERO,
            delay => now(&instance).saturating_add(delay),
        };
        {
            let mut state = self.state.lock();
            if state.closed || state.waiting.len() >= Port::ROOM {
                return None;
            }
            state.serial += 1;
            let serial = state.serial;
            state.waiting.push(Reverse(Waiting {
                due,
                rank,
                serial,
                frame,
            }));
        }
        self.changed(&instance);
        Some(())
    }

    pub(super) fn is_open(&self) -> bool {
        let lives = |instance: Arc<Instance>| !instance.parked.is_dead();
        self.instance.upgrade().is_some_and(lives) && !self.state.lock().closed
    }

    pub(super) fn now(&self) -> Option<Duration> {
        Some(now(&*self.instance.upgrade()?))
    }

    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed) as u64
    }

    /// Loses what waits, and takes nothing more.
    pub(super) fn close(&self) {
        let waiting = {
            let mut state = self.state.lock();
            state.closed = true;
            std::mem::take(&mut state.waiting)
        };
        self.lost.fetch_add(waiting.len(), Ordering::Relaxed);
        if let Some(instance) = self.instance.upgrade() {
            self.changed(&instance);
        }
    }

    /// Makes the receiver look again.
    pub(super) fn changed(&self, instance: &Instance) {
        self.changes.fetch_add(1, Ordering::SeqCst);
        instance.parked.unpark_all(self.key());
    }

    fn key(&self) -> usize {
        ptr::from_ref(&self.changes).addr()
    }

    /// The next frame that is due, while `ready`; `None` once the inbox is closed.
    pub(super) fn next(
        &self,
        instance: &Instance,
        ready: impl Fn() -> bool,
    ) -> Result<Option<Frame>, Dead> {
        loop {
            let seen = self.changes.load(Ordering::SeqCst);
            let mut wait = None;
            {
                let mut state = self.state.lock();
                if state.closed {
                    return Ok(None);
                }
                if ready()
                    && let Some(Reverse(first)) = state.waiting.peek()
                {
                    let due = first.due;
                    if due.is_zero() || due <= now(instance) {
                        return Ok(state.waiting.pop().map(|Reverse(first)| first.frame));
                    }
                    wait = Some(due);
                }
            }
            let deadline = wait.and_then(|due: Duration| {
                let (seconds, nanos) = (due.as_secs().cast_signed(), due.subsec_nanos());
                let deadline = instance.time.at_monotonic(seconds, nanos.into());
                // A host without a monotonic clock, see now().
                deadline.unwrap_or_default()
            });
            let unchanged = || self.changes.load(Ordering::SeqCst) == seen;
            let key = self.key();
            if instance.parked.park(key, unchanged, || {}, || {}, deadline) == Wake::Dead {
                return Err(Dead);
            }
        }
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox")
            .field("lost", &self.lost())
            .finish_non_exhaustive()
    }
}

/// A kernel's monotonic clock.
fn now(instance: &Instance) -> Duration {
    // A host without a monotonic clock is one where time stands still.
    let (seconds, nanos) = instance.time.monotonic().unwrap_or_default();
    let seconds = u64::try_from(seconds).unwrap_or(0);
    Duration::new(seconds, u32::try_from(nanos).unwrap_or(0))
}
