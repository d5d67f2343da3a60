//! One thread at a time: the threads of the kernels on a clock that is moved by hand.
//!
//! What such kernels do depends on nothing but what the program does. So of all threads that are in
//! one of them exactly one has the *turn* and runs. It gives the turn up where it waits in a
//! hypercall, and where it leaves. The next turn goes to
//!
//! 1. the thread that was first to be woken, or started; then
//! 2. the thread of the program that was first to come in; then, as nothing else can happen now,
//! 3. the thread whose deadline is next, and the clock moves on to that, if it may.
//!
//! Who wakes a thread puts it into the queue at once, so that an empty queue means that everybody
//! waits. Deadlines that are equal come in the order in which the threads began to wait.
//!
//! The clock may move while [`Turns::advance`] has somewhere to go or [`Turns::run`] runs. A kernel
//! that is being shut down ([`Turns::let_loose`]) has to come to its end without either: while the
//! clock stands it goes ahead on its own, from deadline to deadline, whenever the others have
//! nothing to do.

mod drive;
mod state;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use std::{fmt, mem};

use parking_lot::{Condvar, Mutex, MutexGuard};
use parking_lot_core::{UnparkResult, UnparkToken};

use super::{Wake, thread_id};
use state::{Seat, State, TimedOut, Turn, Waiting};

/// The end of the year 9999, since 1970.
pub(crate) const LATEST: Duration = Duration::from_secs(253_402_300_799);

/// The turns of the kernels on one clock, and that clock.
pub(crate) struct Turns {
    start: Duration,
    /// The number of the thread that runs, 0 while none does. It matters only to that thread.
    holder: AtomicUsize,
    state: Mutex<State>,
    /// Nobody wants the turn, or the goal was reached.
    still: Condvar,
    advancing: Mutex<()>,
}

/// A thread that is about to be started.
#[derive(Clone)]
pub(crate) struct Ticket {
    turns: Arc<Turns>,
    seat: Seat,
}

/// The turn; given up when dropped.
pub(crate) struct Held<'a>(&'a Turns);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

impl Turns {
    /// A clock that shows `start`, since 1970.
    pub(crate) fn new(start: Duration) -> Self {
        Self {
            start,
            holder: AtomicUsize::new(0),
            state: Mutex::new(State::new(start)),
            still: Condvar::new(),
            advancing: Mutex::new(()),
        }
    }

    /// What the clock showed at first.
    pub(crate) fn start(&self) -> Duration {
        self.start
    }

    /// A kernel's time since 1970.
    pub(crate) fn now_of(&self, kernel: u64) -> Duration {
        self.state.lock().now_of(kernel)
    }

    /// A kernel's monotonic time. To a thread that does nothing but read it, it goes on.
    pub(crate) fn monotonic_of(&self, kernel: u64) -> Duration {
        self.state.lock().read(kernel) - self.start
    }

    /// Whether the calling thread has the turn.
    pub(crate) fn is_mine(&self) -> bool {
        self.holder.load(Ordering::Relaxed) == thread_id()
    }

    fn give_up(&self, state: &mut State) {
        self.holder.store(0, Ordering::Relaxed);
        state.hand_on(&self.still);
    }

    /// Gives up the turn.
    pub(crate) fn leave(&self) {
        self.give_up(&mut self.state.lock());
    }

    /// Waits until the thread with this seat is given the turn.
    fn wait_for_turn(&self, mut state: MutexGuard<'_, State>, seat: &Seat) -> Wake {
        loop {
            if let Turn::Given(number, wake) = state.turn
                && number == seat.number
            {
                state.turn = Turn::Taken;
                self.holder.store(thread_id(), Ordering::Relaxed);
                return wake;
            }
            seat.bell.wait(&mut state);
        }
    }

    /// Waits for the turn; `None` for a thread that has it.
    pub(crate) fn enter(&self) -> Option<Held<'_>> {
        if self.is_mine() {
            return None;
        }
        let mut state = self.state.lock();
        let seat = state.seat();
        state.entering.push_back(seat.clone());
        state.stir(&self.still);
        self.wait_for_turn(state, &seat);
        Some(Held(self))
    }

    /// Runs `f`, which waits for something outside of the kernels, without the turn.
    pub(crate) fn aside<R>(&self, f: impl FnOnce() -> R) -> R {
        if !self.is_mine() {
            return f();
        }
        self.leave();
        let result = f();
        // Whoever held the turn before gives it up in the end.
        mem::forget(self.enter());
        result
    }

    /// The same, and the clock does not move meanwhile, so that it makes no difference how long `f`
    /// takes.
    pub(crate) fn at_rest<R>(&self, f: impl FnOnce() -> R) -> R {
        struct Rest<'a>(&'a Turns);
        impl Drop for Rest<'_> {
            fn drop(&mut self) {
                let mut state = self.0.state.lock();
                state.rests -= 1;
                state.stir(&self.0.still);
            }
        }

        if !self.is_mine() {
            return f();
        }
        self.state.lock().rests += 1;
        let _rest = Rest(self);
        self.aside(f)
    }

    /// Waits on `key`, as [`Parked::park`](super::Parked::park) does. The caller has the turn.
    /// A deadline that no clock reaches is none.
    pub(crate) fn park(
        &self,
        kernel: u64,
        key: usize,
        validate: impl FnOnce() -> bool,
        before_sleep: impl FnOnce(),
        timed_out: &mut (dyn FnMut() + Send),
        deadline: Option<Duration>,
    ) -> Wake {
        let deadline = deadline.filter(|&deadline| deadline <= LATEST);
        let mut state = self.state.lock();
        if !validate() {
            return Wake::Invalid;
        }
        let seat = state.seat();
        let waiting = Waiting {
            seat: seat.clone(),
            kernel,
            deadline,
            // SAFETY: this thread gets the turn only after it was taken out of `waiting`, and does
            // not return before that.
            timed_out: unsafe { TimedOut::new(timed_out) },
        };
        state.wait(key, waiting);
        drop(state);
        before_sleep();
        let mut state = self.state.lock();
        self.give_up(&mut state);
        self.wait_for_turn(state, &seat)
    }

    /// Wakes at most `most` threads that wait on `key`, as
    /// [`Parked::unpark`](super::Parked::unpark) does.
    pub(crate) fn unpark(
        &self,
        key: usize,
        most: usize,
        callback: impl FnOnce(UnparkResult) -> UnparkToken,
    ) {
        let mut state = self.state.lock();
        let mut those = state.waiting_on(key);
        let chosen: Vec<u64> = those.by_ref().take(most).collect();
        let mut result = UnparkResult::default();
        result.unparked_threads = chosen.len();
        result.have_more_threads = those.next().is_some();
        // Always, where the host's threads leave it to chance.
        result.be_fair = true;
        drop(those);
        let token = callback(result);
        for number in chosen {
            state.wake(key, number, Wake::Unparked(token));
        }
        state.stir(&self.still);
    }

    pub(crate) fn ticket(self: &Arc<Self>) -> Ticket {
        Ticket {
            seat: self.state.lock().seat(),
            turns: Arc::clone(self),
        }
    }
}

impl Ticket {
    /// Puts the thread into the queue, once it is sure that it will come.
    pub(crate) fn queue(self) {
        let mut state = self.turns.state.lock();
        state.ready.push_back((self.seat, Wake::Invalid));
        state.stir(&self.turns.still);
    }

    /// On the new thread: waits for its first turn.
    pub(crate) fn begin(&self) {
        self.turns
            .wait_for_turn(self.turns.state.lock(), &self.seat);
    }

    /// On the new thread: runs `f` from its first turn on.
    pub(crate) fn run<R>(self, f: impl FnOnce() -> R) -> R {
        self.begin();
        let _turn = Held(&self.turns);
        f()
    }
}

impl fmt::Debug for Turns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turns")
            .field("now", &self.now())
            .finish_non_exhaustive()
    }
}
