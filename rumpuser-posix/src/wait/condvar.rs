//! Condition variables of the kernel's.
//!
//! Waiting releases the mutex and blocks in one step. There are no wake-ups without cause, except
//! when the kernel dies.
//!
//! A thread that was woken does not touch the condition variable again, which may be destroyed as
//! soon as it has no waiters: whoever wakes takes the woken off the count.

use std::mem::offset_of;
use std::ptr;

use parking_lot_core::DEFAULT_UNPARK_TOKEN;

use super::atomic::{AtomicU32, AtomicUsize, Ordering};
use super::{Dead, Deadline, Mutex, Object, Parked, Wake};

/// `struct rumpuser_cv`. Loaded kernels look themselves whether there are waiters, by
/// `image/uncontended.c`.
#[repr(C)]
pub(crate) struct Condvar {
    waiters: AtomicUsize,
    kind: AtomicU32,
}

// SAFETY: new() sets the word, end() clears it.
unsafe impl Object for Condvar {
    const KIND: u32 = 0x6376_6376;
    const KIND_AT: usize = offset_of!(Condvar, kind);
    const STRANGER: &str = "rumpuser: a condition variable is used that is none: never made, \
         destroyed, or overwritten";
}

/// Whether the thread was woken, rather than the time up.
pub(crate) type Woken = bool;

impl Condvar {
    pub(crate) fn new() -> Self {
        Self {
            waiters: AtomicUsize::new(0),
            kind: AtomicU32::new(Self::KIND),
        }
    }

    /// Makes the condition variable none.
    pub(crate) fn end(&self) {
        self.kind.store(0, Ordering::Relaxed);
    }

    /// Odd, unlike the keys of everything else: a late wake-up for what was at this address before
    /// must not look like a signal.
    fn key(&self) -> usize {
        ptr::from_ref(self).addr() + 1
    }

    /// Announces a waiter. It holds the mutex, or is about to get it before it gives up its CPU, so
    /// that no thread that changes the condition afterwards misses it.
    pub(crate) fn announce(&self) {
        self.waiters.fetch_add(1, Ordering::SeqCst);
    }

    /// Waits in the host, and releases the mutex meanwhile. It is not taken again.
    pub(crate) fn block(
        &self,
        parked: &Parked,
        mutex: &Mutex,
        deadline: Option<Deadline>,
    ) -> Result<Woken, Dead> {
        let give_up = || _ = self.waiters.fetch_sub(1, Ordering::Relaxed);
        let release = || mutex.unlock(parked);
        match parked.park(self.key(), || true, release, give_up, deadline) {
            Wake::Unparked(_) => Ok(true),
            Wake::TimedOut => Ok(false),
            // Only a dead kernel makes a wait invalid.
            Wake::Dead | Wake::Invalid => Err(Dead),
        }
    }

    /// Wakes up to `max` waiters.
    pub(crate) fn wake(&self, parked: &Parked, max: usize) {
        if self.waiters.load(Ordering::SeqCst) == 0 {
            return;
        }
        parked.unpark(self.key(), max, |result| {
            self.waiters
                .fetch_sub(result.unparked_threads, Ordering::Relaxed);
            DEFAULT_UNPARK_TOKEN
        });
    }

    /// How many threads wait.
    pub(crate) fn waiters(&self) -> usize {
        self.waiters.load(Ordering::SeqCst)
    }
}
