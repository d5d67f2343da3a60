//! Waiting that a kernel's death can end.
//!
//! Everything that makes a thread wait inside a hypercall, except a host system call, goes through
//! [`Parked::park`]. The keys that the threads of a kernel wait on are kept, so that its death can
//! wake them all. No wake-up is lost: a thread puts its key here first and looks at the death flag
//! with the queue of that key locked; death sets the flag first and reads the keys afterwards. So
//! either death sees the key, and the thread is in the queue or will see the flag, or the thread
//! put the key here after death had read them, and sees the flag.
//!
//! A thread may be woken without cause, when its key's address was used before by something else;
//! callers check what they wait for, or use keys that nothing else does.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use parking_lot::Mutex;
use parking_lot_core::{DEFAULT_PARK_TOKEN, DEFAULT_UNPARK_TOKEN, ParkResult, UnparkToken};

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    /// Another thread ended it, and gave this token.
    Unparked(UnparkToken),
    /// The deadline passed.
    TimedOut,
    /// `validate` said that there is nothing to wait for.
    Invalid,
    /// The kernel is dead. What the thread waited for has not happened.
    Dead,
}

/// Proof that the kernel was seen dead: the thread has to leave it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dead;

const SHARDS: usize = 8;

/// The keys on which threads of one kernel wait, and the flag that ends the waiting.
#[derive(Debug, Default)]
pub(crate) struct Parked {
    dead: AtomicBool,
    keys: [Mutex<Vec<usize>>; SHARDS],
}

impl Parked {
    pub(crate) fn is_dead(&self) -> bool {
        self.dead.load(Ordering::SeqCst)
    }

    /// Waits on `key` until another thread unparks it, the deadline passes, or the kernel dies.
    ///
    /// `validate` and `timed_out` run with the queue of `key` locked and must not park, unpark or
    /// lock anything. `before_sleep` runs once the thread is in the queue, and may unpark.
    pub(crate) fn park(
        &self,
        key: usize,
        mut validate: impl FnMut() -> bool,
        before_sleep: impl FnOnce(),
        mut timed_out: impl FnMut(),
        deadline: Option<Instant>,
    ) -> Wake {
        let shard = &self.keys[(key >> 6) % SHARDS];
        shard.lock().push(key);
        // SAFETY: the closures meet park()'s conditions by this function's own; keys are addresses
        // in what belongs to the waiting thread or to this kernel, and a wake-up that was meant for
        // an earlier user of the address is allowed for.
        let result = unsafe {
            parking_lot_core::park(
                key,
                || !self.dead.load(Ordering::SeqCst) && validate(),
                before_sleep,
                |_, _| timed_out(),
                DEFAULT_PARK_TOKEN,
                deadline,
            )
        };
        let mut keys = shard.lock();
        if let Some(index) = keys.iter().position(|&parked| parked == key) {
            keys.swap_remove(index);
        }
        drop(keys);
        if self.dead.load(Ordering::SeqCst) {
            return Wake::Dead;
        }
        match result {
            ParkResult::Unparked(token) => Wake::Unparked(token),
            ParkResult::TimedOut => Wake::TimedOut,
            ParkResult::Invalid => Wake::Invalid,
        }
    }

    /// Sets the flag and wakes every waiting thread.
    pub(crate) fn die(&self) {
        self.dead.store(true, Ordering::SeqCst);
        for shard in &self.keys {
            // A copy: a woken thread takes the lock to remove its key.
            let keys = shard.lock().clone();
            for key in keys {
                unpark_all(key);
            }
        }
    }
}

/// Wakes whoever waits on `key`.
pub(crate) fn unpark_all(key: usize) {
    // SAFETY: keys are addresses, so they clash with no other user of the queues, and every waiter
    // of this crate bears a wake-up without cause.
    unsafe { parking_lot_core::unpark_all(key, DEFAULT_UNPARK_TOKEN) };
}
