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
//!
//! The threads of a kernel whose clock is moved by hand wait in its [`Turns`] instead, under the
//! same contract. So whoever wakes a thread does it here, too.

use std::hint;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::available_parallelism;

use parking_lot::Mutex;
use parking_lot_core::{
    DEFAULT_PARK_TOKEN, DEFAULT_UNPARK_TOKEN, FilterOp, ParkResult, ParkToken, UnparkResult,
    UnparkToken,
};

#[cfg(feature = "_bell")]
use super::bell::Bell;
use super::turns::{Held, Ticket, Turns};
use super::waiting::{List, Waiting};
use super::{Deadline, Wake, patience};
use crate::host::fork;

const SHARDS: usize = 8;

/// How often [`Parked::spin`] looks: some microseconds.
const SPINS: u32 = 400;

/// Whether threads of the process run beside each other. Asking the host takes a while.
fn has_processors() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| available_parallelism().is_ok_and(|count| count.get() > 1))
}

/// The keys on which threads of one kernel wait, and the flag that ends the waiting.
#[derive(Debug)]
pub(crate) struct Parked {
    /// The process in which the kernel was made.
    born: AtomicU32,
    /// The process in which it lives, 0 when it is dead.
    alive: AtomicU32,
    waiting: [Mutex<List>; SHARDS],
    kernel: u64,
    /// Whether others run while a thread spins.
    spins: bool,
    turns: Option<Arc<Turns>>,
    /// Rings when the kernel is dead.
    #[cfg(feature = "_bell")]
    pub(super) knell: Bell,
}

impl Parked {
    pub(crate) fn new(kernel: u64, turns: Option<Arc<Turns>>) -> Self {
        let generation = fork::generation();
        Self {
            born: AtomicU32::new(generation),
            alive: AtomicU32::new(generation),
            waiting: Default::default(),
            kernel,
            spins: turns.is_none() && has_processors(),
            turns,
            #[cfg(feature = "_bell")]
            knell: Bell::default(),
        }
    }

    /// The turns that the threads of this kernel take, if its clock is moved by hand.
    pub(crate) fn turns(&self) -> Option<&Turns> {
        self.turns.as_deref()
    }

    /// Waits until the calling thread may run code of this kernel. That lasts until the result is
    /// dropped.
    pub(crate) fn enter(&self) -> Option<Held<'_>> {
        let turns = self.turns()?;
        if self.is_foreign() {
            return None;
        }
        turns.enter()
    }

    /// Runs `f`, and lets a clock that is moved by hand move for as long as that takes, as
    /// [`Hand::run`](crate::Hand::run) does. A thread that takes turns already leaves the clock
    /// alone.
    #[cfg(any(feature = "rumpnet_shmif", feature = "rumpnet_virtif"))]
    pub(crate) fn while_time_passes<R>(&self, f: impl FnOnce() -> R) -> R {
        match self.turns() {
            Some(turns) if !turns.is_mine() => turns.run(f),
            _ => f(),
        }
    }

    /// For a thread that is about to be started in this kernel.
    pub(crate) fn ticket(&self) -> Option<Ticket> {
        self.turns.as_ref().map(Turns::ticket)
    }

    /// Whether the kernel is dead in this process.
    pub(crate) fn is_dead(&self) -> bool {
        self.alive.load(Ordering::SeqCst) != fork::generation()
    }

    /// Whether the kernel is the parent's, and this process a child that was forked. What it has,
    /// locks above all, is not to be touched.
    pub(crate) fn is_foreign(&self) -> bool {
        self.born.load(Ordering::Relaxed) != fork::generation()
    }

    /// Makes the kernel this process's, in a child that is to go on with it.
    pub(crate) fn adopt(&self) {
        let generation = fork::generation();
        self.born.store(generation, Ordering::Relaxed);
        self.alive.store(generation, Ordering::SeqCst);
    }

    /// Tries `attempt` again and again for about as long as it takes to put a thread to sleep and
    /// to wake it: what others hold for a moment comes sooner that way. Returns whether it
    /// succeeded.
    pub(crate) fn spin(&self, mut attempt: impl FnMut() -> bool) -> bool {
        if !self.spins {
            return false;
        }
        for _ in 0..SPINS {
            if attempt() {
                return true;
            }
            hint::spin_loop();
        }
        false
    }

    /// Waits on `key` until another thread unparks it, the deadline passes, or the kernel dies.
    ///
    /// The key is the address of something that belongs to the waiting thread or to this kernel and
    /// begins with no lock of parking_lot's: whoever waits for that would be woken in its place.
    ///
    /// `validate` and `timed_out` run with the queue of `key` locked and must not park, unpark or
    /// lock anything. `before_sleep` runs once the thread is in the queue, and may unpark.
    pub(crate) fn park(
        &self,
        key: usize,
        mut validate: impl FnMut() -> bool,
        before_sleep: impl FnOnce(),
        mut timed_out: impl FnMut() + Send,
        deadline: Option<Deadline>,
    ) -> Wake {
        let deadline = match (&self.turns, deadline) {
            (Some(turns), deadline) => {
                let validate = || !self.is_dead() && validate();
                let deadline = match deadline {
                    Some(Deadline::Hand(deadline)) => Some(deadline),
                    _ => None,
                };
                let wake = turns.park(
                    self.kernel,
                    key,
                    validate,
                    before_sleep,
                    &mut timed_out,
                    deadline,
                );
                return if self.is_dead() { Wake::Dead } else { wake };
            }
            (None, Some(Deadline::Host(deadline))) => Some(deadline),
            (None, _) => None,
        };
        let shard = &self.waiting[(key >> 6) % SHARDS];
        let waiting = Waiting::new(key);
        // SAFETY: it is taken out below.
        unsafe { shard.lock().put(&waiting) };
        let looks = self.spins && deadline.is_none();
        let is_woken = AtomicBool::new(false);
        let before_sleep = || {
            before_sleep();
            if looks {
                patience::look(|| is_woken.load(Ordering::Acquire) || self.is_dead());
            }
        };
        let token = match looks {
            true => ParkToken((&raw const is_woken).addr()),
            false => DEFAULT_PARK_TOKEN,
        };
        // SAFETY: the closures meet park()'s conditions by this function's own; keys are addresses
        // in what belongs to the waiting thread or to this kernel, and a wake-up that was meant for
        // an earlier user of the address is allowed for.
        let park = || unsafe {
            parking_lot_core::park(
                key,
                || !self.is_dead() && validate(),
                before_sleep,
                |_, _| timed_out(),
                token,
                deadline,
            )
        };
        let result = match looks {
            true => patience::learn(park),
            false => park(),
        };
        // SAFETY: it was put in above.
        unsafe { shard.lock().take(&waiting) };
        if self.is_dead() {
            return Wake::Dead;
        }
        match result {
            ParkResult::Unparked(token) => Wake::Unparked(token),
            ParkResult::TimedOut => Wake::TimedOut,
            ParkResult::Invalid => Wake::Invalid,
        }
    }

    /// Wakes at most `most` threads that wait on `key`, the longest waiting first. `callback` is
    /// told what was found and says what the threads are told; it runs with the queue of `key`
    /// locked and must not park, unpark or lock anything.
    pub(crate) fn unpark(
        &self,
        key: usize,
        most: usize,
        callback: impl FnOnce(UnparkResult) -> UnparkToken,
    ) {
        if let Some(turns) = &self.turns {
            return turns.unpark(key, most, callback);
        }
        let mut left = most;
        let filter = |ParkToken(is_woken): ParkToken| {
            if left == 0 {
                return FilterOp::Stop;
            }
            left -= 1;
            let is_woken = is_woken as *const AtomicBool;
            // SAFETY: null, or in the frame of park(), which the thread leaves when it has been
            // taken out of the queue, with the queue locked as it is here.
            if let Some(is_woken) = unsafe { is_woken.as_ref() } {
                is_woken.store(true, Ordering::Release);
            }
            FilterOp::Unpark
        };
        // SAFETY: keys are addresses, so they clash with no other user of the queues, and every
        // waiter of this crate bears a wake-up without cause; the closures do not touch the queues.
        unsafe { parking_lot_core::unpark_filter(key, filter, callback) };
    }

    /// Wakes whoever waits on `key`.
    pub(crate) fn unpark_all(&self, key: usize) {
        self.unpark(key, usize::MAX, |_| DEFAULT_UNPARK_TOKEN);
    }

    /// Sets the flag and wakes every waiting thread.
    pub(crate) fn die(&self) {
        self.alive.store(0, Ordering::SeqCst);
        if let Some(turns) = &self.turns {
            turns.end(self.kernel);
        }
        for shard in &self.waiting {
            // Threads that are woken wait for the lock, to take themselves out.
            for key in shard.lock().keys() {
                // SAFETY: as in unpark().
                unsafe { parking_lot_core::unpark_all(key, DEFAULT_UNPARK_TOKEN) };
            }
        }
        #[cfg(feature = "_bell")]
        self.knell.ring();
    }

    /// Runs `f`, which waits for other threads that are in this kernel, without the turn that the
    /// calling thread may have.
    pub(crate) fn aside<R>(&self, f: impl FnOnce() -> R) -> R {
        match self.turns() {
            Some(turns) => turns.aside(f),
            None => f(),
        }
    }
}
