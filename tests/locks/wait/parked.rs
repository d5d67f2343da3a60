//! The queues of parking_lot_core, for the model: as many as there are keys, each with a lock of
//! its own, so that nothing is ordered that two buckets of the host's would leave unordered.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use loom::sync::Mutex;
use loom::sync::mpsc::{Sender, channel};
use parking_lot_core::{UnparkResult, UnparkToken};

use super::{Deadline, Wake};

/// How many keys a scenario has at most.
const KEYS: usize = 4;

/// Which wake-ups are to be fair, in turn, for each key; the host decides by a timer.
pub(crate) type Fairness = [bool; 2];

/// What happened in some execution of a scenario.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) slept: AtomicBool,
    pub(crate) handed: AtomicBool,
}

#[derive(Default)]
struct Queue {
    sleepers: VecDeque<(usize, Sender<UnparkToken>)>,
    wake_ups: usize,
}

pub(crate) struct Parked {
    /// The keys of the queues that are in use, and a number for each sleep. No part of the model.
    keys: std::sync::Mutex<Vec<usize>>,
    sleeps: AtomicUsize,
    queues: [Mutex<Queue>; KEYS],
    fairness: Fairness,
    seen: Arc<Seen>,
}

impl Parked {
    pub(crate) fn new(fairness: Fairness, seen: Arc<Seen>) -> Self {
        Self {
            keys: std::sync::Mutex::default(),
            sleeps: AtomicUsize::new(0),
            queues: std::array::from_fn(|_| Mutex::new(Queue::default())),
            fairness,
            seen,
        }
    }

    fn queue(&self, key: usize) -> &Mutex<Queue> {
        let mut keys = self.keys.lock().unwrap();
        let known = keys.iter().position(|known| *known == key);
        let index = known.unwrap_or_else(|| {
            keys.push(key);
            keys.len() - 1
        });
        &self.queues[index]
    }

    /// Trying once more is no other behaviour than trying again after a wake-up.
    #[expect(clippy::unused_self, reason = "rumpuser-posix's does use it")]
    pub(crate) fn spin(&self, _: impl FnMut() -> bool) -> bool {
        false
    }

    pub(crate) fn park(
        &self,
        key: usize,
        mut validate: impl FnMut() -> bool,
        before_sleep: impl FnOnce(),
        mut timed_out: impl FnMut() + Send,
        deadline: Option<Deadline>,
    ) -> Wake {
        let queue = self.queue(key);
        let (wake, woken) = channel();
        let mut locked = queue.lock().unwrap();
        if !validate() {
            return Wake::Invalid;
        }
        let sleep = self.sleeps.fetch_add(1, Ordering::Relaxed);
        locked.sleepers.push_back((sleep, wake));
        drop(locked);
        before_sleep();
        if deadline.is_some() {
            let sleepers = &mut queue.lock().unwrap().sleepers;
            if let Some(index) = sleepers.iter().position(|sleeper| sleeper.0 == sleep) {
                sleepers.remove(index);
                timed_out();
                return Wake::TimedOut;
            }
        }
        self.seen.slept.store(true, Ordering::Relaxed);
        Wake::Unparked(woken.recv().unwrap())
    }

    pub(crate) fn unpark(
        &self,
        key: usize,
        most: usize,
        callback: impl FnOnce(UnparkResult) -> UnparkToken,
    ) {
        let mut queue = self.queue(key).lock().unwrap();
        let count = most.min(queue.sleepers.len());
        let woken: Vec<_> = queue.sleepers.drain(..count).collect();
        let mut result = UnparkResult::default();
        result.unparked_threads = count;
        result.have_more_threads = count != 0 && !queue.sleepers.is_empty();
        if count != 0 {
            result.be_fair = self.fairness[queue.wake_ups % self.fairness.len()];
            queue.wake_ups += 1;
        }
        let token = callback(result);
        drop(queue);
        if count != 0 && token == UnparkToken(1) {
            self.seen.handed.store(true, Ordering::Relaxed);
        }
        for (_, thread) in woken {
            thread.send(token).unwrap();
        }
    }
}
