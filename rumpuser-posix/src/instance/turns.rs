//! One thread at a time: the threads of the kernels on a clock that is moved by hand.
//!
//! What such kernels do depends on nothing but what the program does. So of all threads that are in
//! one of them exactly one has the *turn* and runs; it gives the turn up where it waits in a hypercall, and
//! where it leaves. The next turn goes to
//!
//! 1. the thread that was woken, or started, first, then
//! 2. the thread of the program that came first to enter, then, as nothing else can happen now,
//! 3. the thread whose deadline is next, and the clock moves on to that, if it may.
//!
//! Who wakes a thread puts it into the queue at once, so that an empty queue means that everybody
//! waits. Deadlines that are equal come in the order in which the threads began to wait.
//!
//! The clock may move while [`Turns::advance`] has somewhere to go or [`Turns::run`] runs. A kernel
//! that is being shut down ([`Turns::let_loose`]) has to come to its end without either: it goes ahead on its
//! own, from deadline to deadline, whenever the others have nothing to do.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex, MutexGuard};
use parking_lot_core::{UnparkResult, UnparkToken};

use super::Wake;
use crate::curlwp::thread_id;

/// Who has the turn.
#[derive(Debug, Default)]
enum Turn {
    #[default]
    Free,
    /// The thread with this number, which has not noticed yet, and what it is woken with.
    Given(u64, Wake),
    Taken,
}

/// A thread that waits for its turn.
#[derive(Clone, Debug)]
struct Seat {
    number: u64,
    bell: Arc<Condvar>,
}

/// What a waiting thread does, with the state locked, when its time is up.
struct TimedOut(*mut (dyn FnMut() + Send));

// SAFETY: the closure is Send, and is called only with the state locked, while its thread waits.
unsafe impl Send for TimedOut {}

/// A thread that waits for something else, and for its turn when that has happened.
struct Waiting {
    seat: Seat,
    kernel: u64,
    deadline: Option<Duration>,
    timed_out: TimedOut,
}

/// Deadlines, and by them the keys of the threads.
type Timers = BTreeMap<(Duration, u64), usize>;

/// A kernel that does not wait for the clock any more.
#[derive(Default)]
struct Loose {
    ahead: Duration,
    timers: Timers,
}

struct State {
    now: Duration,
    /// Where [`Turns::advance`] wants the clock to be.
    goal: Option<Duration>,
    /// How many calls of [`Turns::run`] there are.
    runs: usize,
    turn: Turn,
    last: u64,
    ready: VecDeque<(Seat, Wake)>,
    entering: VecDeque<Seat>,
    waiting: BTreeMap<(usize, u64), Waiting>,
    timers: Timers,
    loose: BTreeMap<u64, Loose>,
    /// How often the clock was read since anybody waited.
    readings: u32,
}

/// The turns of the kernels on one clock, and that clock.
pub(crate) struct Turns {
    start: Duration,
    /// The number of the thread that runs, 0 while none does. Only that thread needs to know.
    holder: AtomicUsize,
    state: Mutex<State>,
    /// The turn became free, or the goal was reached.
    still: Condvar,
    advancing: Mutex<()>,
}

/// A thread that is about to be started, and gets its turns in the order of starting.
#[derive(Clone)]
pub(crate) struct Ticket {
    turns: Arc<Turns>,
    seat: Seat,
}

/// The right to run, given up when dropped.
pub(crate) struct Held<'a>(&'a Turns);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.give_up(&mut self.0.state.lock());
    }
}

/// How often a clock that stands still is read before it looks as if it moved, for a thread that
/// reads it over and over until time has passed (delay(9)), and by how much then.
const PATIENCE: u32 = 1000;
const STEP: Duration = Duration::from_micros(100);

impl State {
    fn seat(&mut self) -> Seat {
        self.last += 1;
        Seat {
            number: self.last,
            bell: Arc::default(),
        }
    }

    fn timers_of(&mut self, kernel: u64) -> &mut Timers {
        match self.loose.get_mut(&kernel) {
            Some(loose) => &mut loose.timers,
            None => &mut self.timers,
        }
    }

    fn give(&mut self, seat: &Seat, wake: Wake) {
        self.turn = Turn::Given(seat.number, wake);
        seat.bell.notify_one();
    }

    /// Makes a waiting thread ready.
    fn wake(&mut self, key: usize, number: u64, wake: Wake) {
        let Some(waiting) = self.waiting.remove(&(key, number)) else {
            return;
        };
        if let Some(deadline) = waiting.deadline {
            self.timers_of(waiting.kernel).remove(&(deadline, number));
        }
        if wake == Wake::TimedOut {
            // SAFETY: the closure is on the stack of a thread that waits for the turn it gets below,
            // and the state is locked.
            unsafe { (*waiting.timed_out.0)() };
        }
        self.ready.push_back((waiting.seat, wake));
    }

    /// Lets the next thing happen that only waits for time; false if there is none.
    fn move_on(&mut self, still: &Condvar) -> bool {
        let next = self
            .timers
            .first_key_value()
            .map(|(&(at, number), &key)| (at, number, key));
        if let Some(goal) = self.goal
            && next.is_none_or(|(at, ..)| at > goal)
        {
            self.now = self.now.max(goal);
            self.goal = None;
            still.notify_all();
        }
        if let Some((at, number, key)) = next
            && (at <= self.now || self.runs > 0 || self.goal.is_some())
        {
            self.now = self.now.max(at);
            self.wake(key, number, Wake::TimedOut);
            return true;
        }
        let now = self.now;
        let next = self.loose.values_mut().find_map(|loose| {
            let (&(at, number), &key) = loose.timers.first_key_value()?;
            loose.ahead = loose.ahead.max(at.saturating_sub(now));
            Some((key, number))
        });
        if let Some((key, number)) = next {
            self.wake(key, number, Wake::TimedOut);
        }
        next.is_some()
    }
}

impl fmt::Debug for Turns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turns")
            .field("now", &self.now())
            .finish_non_exhaustive()
    }
}

impl Turns {
    /// A clock that shows `start`, since 1970.
    pub(crate) fn new(start: Duration) -> Self {
        Self {
            start,
            holder: AtomicUsize::new(0),
            state: Mutex::new(State {
                now: start,
                goal: None,
                runs: 0,
                turn: Turn::Free,
                last: 0,
                ready: VecDeque::new(),
                entering: VecDeque::new(),
                waiting: BTreeMap::new(),
                timers: Timers::new(),
                loose: BTreeMap::new(),
                readings: 0,
            }),
            still: Condvar::new(),
            advancing: Mutex::new(()),
        }
    }

    /// Whether the calling thread has the turn.
    pub(crate) fn is_mine(&self) -> bool {
        self.holder.load(Ordering::Relaxed) == thread_id()
    }

    /// What the clock showed at first.
    pub(crate) fn start(&self) -> Duration {
        self.start
    }

    /// The clock's time since 1970.
    pub(crate) fn now(&self) -> Duration {
        self.state.lock().now
    }

    /// A kernel's time since 1970.
    pub(crate) fn now_of(&self, kernel: u64) -> Duration {
        let state = self.state.lock();
        let ahead = state.loose.get(&kernel).map(|loose| loose.ahead);
        state.now + ahead.unwrap_or_default()
    }

    /// A kernel's monotonic time. To a thread that does nothing but read it, it goes on.
    pub(crate) fn monotonic_of(&self, kernel: u64) -> Duration {
        let now = self.now_of(kernel) - self.start;
        let mut state = self.state.lock();
        state.readings = state.readings.saturating_add(1);
        now + STEP * state.readings.saturating_sub(PATIENCE)
    }

    /// Hands the turn on, which nobody has.
    fn hand_on(&self, state: &mut State) {
        state.readings = 0;
        loop {
            if let Some((seat, wake)) = state.ready.pop_front() {
                return state.give(&seat, wake);
            }
            if let Some(seat) = state.entering.pop_front() {
                return state.give(&seat, Wake::Invalid);
            }
            if !state.move_on(&self.still) {
                self.still.notify_all();
                return;
            }
        }
    }

    fn stir(&self, state: &mut State) {
        if matches!(state.turn, Turn::Free) {
            self.hand_on(state);
        }
    }

    fn give_up(&self, state: &mut State) {
        self.holder.store(0, Ordering::Relaxed);
        state.turn = Turn::Free;
        self.hand_on(state);
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
        self.stir(&mut state);
        self.wait_for_turn(state, &seat);
        Some(Held(self))
    }

    /// Runs `f`, which waits for something that is none of the kernels' business, without the turn.
    pub(crate) fn aside<R>(&self, f: impl FnOnce() -> R) -> R {
        if !self.is_mine() {
            return f();
        }
        self.give_up(&mut self.state.lock());
        let result = f();
        // The guard that has been there all the time is still the one that gives up.
        std::mem::forget(self.enter());
        result
    }

    pub(crate) fn ticket(self: &Arc<Self>) -> Ticket {
        Ticket {
            seat: self.state.lock().seat(),
            turns: Arc::clone(self),
        }
    }

    /// Waits on `key`, as [`Parked::park`](super::Parked::park) does. The caller has the turn.
    pub(crate) fn park(
        &self,
        kernel: u64,
        key: usize,
        validate: impl FnOnce() -> bool,
        before_sleep: impl FnOnce(),
        timed_out: &mut (dyn FnMut() + Send),
        deadline: Option<Duration>,
    ) -> Wake {
        let mut state = self.state.lock();
        if !validate() {
            return Wake::Invalid;
        }
        let seat = state.seat();
        let number = seat.number;
        if let Some(deadline) = deadline {
            state.timers_of(kernel).insert((deadline, number), key);
        }
        // SAFETY: this only forgets how long the closure lives. It is gone from the map when this function returns, for a
        // thread gets its turn only after wake() took it out.
        let timed_out = unsafe {
            std::mem::transmute::<*mut (dyn FnMut() + Send + '_), *mut (dyn FnMut() + Send + 'static)>(
                timed_out,
            )
        };
        state.waiting.insert(
            (key, number),
            Waiting {
                seat: seat.clone(),
                kernel,
                deadline,
                timed_out: TimedOut(timed_out),
            },
        );
        drop(state);
        before_sleep();
        let mut state = self.state.lock();
        self.give_up(&mut state);
        self.wait_for_turn(state, &seat)
    }

    /// Wakes at most so many threads that wait on `key`, the longest waiting first.
    pub(crate) fn unpark(
        &self,
        key: usize,
        most: usize,
        callback: impl FnOnce(UnparkResult) -> UnparkToken,
    ) {
        let mut state = self.state.lock();
        let mut numbers = state
            .waiting
            .range((key, 0)..=(key, u64::MAX))
            .map(|(&(_, number), _)| number);
        let chosen: Vec<u64> = numbers.by_ref().take(most).collect();
        let mut result = UnparkResult::default();
        result.unparked_threads = chosen.len();
        result.have_more_threads = numbers.next().is_some();
        // Whoever has waited gets it, always: chance has no say here.
        result.be_fair = true;
        let token = callback(result);
        for number in chosen {
            state.wake(key, number, Wake::Unparked(token));
        }
        self.stir(&mut state);
    }

    /// Wakes every thread that waits in a dead kernel.
    pub(crate) fn die(&self, kernel: u64) {
        let mut state = self.state.lock();
        let mut theirs: Vec<_> = state
            .waiting
            .iter()
            .filter(|(_, waiting)| waiting.kernel == kernel)
            .map(|(&(key, number), _)| (number, key))
            .collect();
        theirs.sort_unstable();
        for (number, key) in theirs {
            state.wake(key, number, Wake::Dead);
        }
        state.loose.remove(&kernel);
        self.stir(&mut state);
    }

    /// Lets a kernel go ahead of the clock from now on.
    pub(crate) fn let_loose(&self, kernel: u64) {
        let mut state = self.state.lock();
        if state.loose.contains_key(&kernel) {
            return;
        }
        let timers: Timers = state
            .waiting
            .iter()
            .filter(|(_, waiting)| waiting.kernel == kernel)
            .filter_map(|(&(key, number), waiting)| Some(((waiting.deadline?, number), key)))
            .collect();
        state.timers.retain(|timer, _| !timers.contains_key(timer));
        let ahead = Duration::ZERO;
        state.loose.insert(kernel, Loose { ahead, timers });
        self.stir(&mut state);
    }

    /// Moves the clock on to that time, and waits until everything has happened that happens till
    /// then. The caller does not have the turn.
    pub(crate) fn advance<E>(
        &self,
        goal: impl FnOnce(Duration) -> Result<Duration, E>,
    ) -> Result<(), E> {
        let _one_at_a_time = self.advancing.lock();
        let mut state = self.state.lock();
        state.goal = Some(goal(state.now)?);
        self.stir(&mut state);
        while state.goal.is_some() {
            self.still.wait(&mut state);
        }
        Ok(())
    }

    /// Runs `f`, which has the turn, and lets the clock move for as long as that takes.
    pub(crate) fn run<R>(&self, f: impl FnOnce() -> R) -> R {
        struct Running<'a>(&'a Turns);
        impl Drop for Running<'_> {
            fn drop(&mut self) {
                self.0.state.lock().runs -= 1;
            }
        }

        let _turn = self.enter();
        self.state.lock().runs += 1;
        let _running = Running(self);
        f()
    }

    /// Waits until every thread waits, at most for `timeout`. Whether they do.
    pub(crate) fn wait_idle(&self, timeout: Option<Duration>) -> bool {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut state = self.state.lock();
        while !matches!(state.turn, Turn::Free) {
            match deadline {
                Some(deadline) => {
                    if self.still.wait_until(&mut state, deadline).timed_out() {
                        return matches!(state.turn, Turn::Free);
                    }
                }
                None => self.still.wait(&mut state),
            }
        }
        true
    }
}

impl Ticket {
    /// Puts the thread into the queue, once it is sure that it will come.
    pub(crate) fn queue(self) {
        let mut state = self.turns.state.lock();
        state.ready.push_back((self.seat, Wake::Invalid));
        self.turns.stir(&mut state);
    }

    /// Waits for the thread's first turn, and runs it.
    pub(crate) fn run<R>(self, f: impl FnOnce() -> R) -> R {
        self.turns
            .wait_for_turn(self.turns.state.lock(), &self.seat);
        let _turn = Held(&self.turns);
        f()
    }
}
