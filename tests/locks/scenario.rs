//! Runs scenarios, with wake-ups that are fair, or not, or in turn.

use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use loom::cell::UnsafeCell;
use loom::model::Builder;
use loom::sync::mpsc::{Receiver, Sender, channel};
use loom::thread;

use crate::wait::{Fairness, Parked, Seen};

const FAIRNESS: [Fairness; 4] = [[false, false], [true, true], [true, false], [false, true]];

/// What can happen in a scenario, which is made anew for each execution. That each execution comes
/// to its end is what a lost wake-up would prevent.
pub(crate) struct Explored(Arc<Seen>);

impl Explored {
    /// In some execution a thread slept until another woke it.
    pub(crate) fn somebody_slept(self) -> Self {
        assert!(self.0.slept.load(Ordering::Relaxed), "nobody slept");
        self
    }

    /// In some execution a lock was handed to a thread that waited for it.
    pub(crate) fn somebody_was_handed_a_lock(self) {
        assert!(self.0.handed.load(Ordering::Relaxed), "nothing was handed");
    }
}

/// Explores all executions of a scenario.
pub(crate) fn explore(scenario: fn(Arc<Parked>)) -> Explored {
    check(&Builder::new(), scenario)
}

/// Explores the executions of a scenario in which threads are interrupted up to so many times. All
/// executions take minutes where three threads have a lock.
pub(crate) fn explore_interrupted(times: usize, scenario: fn(Arc<Parked>)) -> Explored {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(times);
    check(&builder, scenario)
}

/// Makes two tests of a function that is told how often threads are interrupted: once, and more
/// often with `-- --ignored`, which takes seconds.
macro_rules! interrupted {
    ($once:ident, $often:ident($times:literal), $test:ident) => {
        #[test]
        fn $once() {
            $test(1);
        }

        #[test]
        #[ignore = "a campaign, which CI runs"]
        fn $often() {
            $test($times);
        }
    };
}
pub(crate) use interrupted;

fn check(builder: &Builder, scenario: fn(Arc<Parked>)) -> Explored {
    let seen = Arc::new(Seen::default());
    for fairness in FAIRNESS {
        let seen = Arc::clone(&seen);
        builder.check(move || scenario(Arc::new(Parked::new(fairness, Arc::clone(&seen)))));
    }
    Explored(seen)
}

/// Runs the last on the calling thread and the others on threads of their own.
pub(crate) fn together<W: 'static, const N: usize>(world: &Arc<W>, threads: [fn(&W); N]) {
    let (last, others) = threads.split_last().unwrap();
    let spawn = |run: &fn(&W)| {
        let (world, run) = (Arc::clone(world), *run);
        thread::spawn(move || run(&world))
    };
    let others: Vec<_> = others.iter().map(spawn).collect();
    last(world);
    for other in others {
        other.join().unwrap();
    }
}

/// What a lock is for. loom reports accesses that the lock leaves unordered.
pub(crate) struct Data(UnsafeCell<u32>);

// SAFETY: loom runs one thread at a time.
unsafe impl Sync for Data {}

impl Data {
    pub(crate) fn new(value: u32) -> Self {
        Self(UnsafeCell::new(value))
    }

    pub(crate) fn get(&self) -> u32 {
        // SAFETY: the pointer is valid, and loom runs one thread at a time.
        self.0.with(|value| unsafe { *value })
    }

    pub(crate) fn set(&self, new: u32) {
        // SAFETY: as in get().
        self.0.with_mut(|value| unsafe { *value = new });
    }
}

/// An event that one thread waits for.
pub(crate) struct Event {
    raise: Sender<()>,
    raised: Receiver<()>,
}

// SAFETY: loom runs one thread at a time.
unsafe impl Sync for Event {}

impl Event {
    pub(crate) fn new() -> Self {
        let (raise, raised) = channel();
        Self { raise, raised }
    }

    pub(crate) fn raise(&self) {
        self.raise.send(()).unwrap();
    }

    pub(crate) fn wait(&self) {
        self.raised.recv().unwrap();
    }
}

/// Memory for a lock, which stays when the lock is destroyed.
pub(crate) struct Place<T>(ManuallyDrop<T>);

impl<T> Place<T> {
    pub(crate) fn new(lock: T) -> Self {
        Self(ManuallyDrop::new(lock))
    }

    /// Destroys the lock. From here on its words may be read, and not written to.
    ///
    /// # Safety
    ///
    /// It is done once.
    pub(crate) unsafe fn destroy(&self) {
        // SAFETY: what a lock consists of owns nothing; loom runs one thread at a time.
        unsafe { std::ptr::drop_in_place((&raw const *self.0).cast_mut()) };
    }
}

impl<T> Deref for Place<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
