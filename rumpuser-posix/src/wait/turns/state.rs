//! Who comes next, and what the clock shows.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Condvar;

use super::Wake;

/// Who has the turn.
#[derive(Debug, Default)]
pub(super) enum Turn {
    #[default]
    Free,
    /// The thread with this number, which has not noticed yet, and what it is woken with.
    Given(u64, Wake),
    Taken,
}

/// A thread that waits for its turn.
#[derive(Clone, Debug)]
pub(super) struct Seat {
    pub(super) number: u64,
    pub(super) bell: Arc<Condvar>,
}

/// What is done in place of a waiting thread, with the state locked, when its time is up.
pub(super) struct TimedOut(*mut (dyn FnMut() + Send));

// SAFETY: the closure is Send, and is called only with the state locked, while its thread waits.
unsafe impl Send for TimedOut {}

impl TimedOut {
    /// # Safety
    ///
    /// The closure stays, and nobody else uses it, for as long as this is in [`State::waiting`].
    pub(super) unsafe fn new(closure: &mut (dyn FnMut() + Send)) -> Self {
        let closure: *mut (dyn FnMut() + Send + '_) = closure;
        // SAFETY: only the lifetime changes, which the caller takes care of.
        Self(unsafe {
            std::mem::transmute::<*mut (dyn FnMut() + Send + '_), *mut (dyn FnMut() + Send + 'static)>(
                closure,
            )
        })
    }
}

/// A thread that waits for something else, and for its turn when that has happened.
pub(super) struct Waiting {
    pub(super) seat: Seat,
    pub(super) kernel: u64,
    pub(super) deadline: Option<Duration>,
    pub(super) timed_out: TimedOut,
}

/// Deadlines, and by them the keys of the threads.
type Timers = BTreeMap<(Duration, u64), usize>;

/// A deadline, the number of the thread, and the key that it waits on.
type Timer = (Duration, u64, usize);

/// A kernel that does not wait for the clock any more.
#[derive(Default)]
struct Loose {
    ahead: Duration,
    timers: Timers,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) now: Duration,
    /// Where the clock is to be moved to.
    pub(super) goal: Option<Duration>,
    /// How many functions run that let the clock move for as long as they take.
    pub(super) runs: usize,
    /// How many threads keep it from moving.
    pub(super) rests: usize,
    pub(super) turn: Turn,
    pub(super) ready: VecDeque<(Seat, Wake)>,
    pub(super) entering: VecDeque<Seat>,
    /// How often the monotonic clock was read since anybody waited.
    readings: u32,
    last: u64,
    /// By key, and in the order in which they began to wait.
    waiting: BTreeMap<(usize, u64), Waiting>,
    timers: Timers,
    /// By kernel.
    loose: BTreeMap<u64, Loose>,
}

/// So often a clock that stands still is read before it looks as if it moved, for a thread that
/// reads it over and over until time has passed, as delay(9) does; and by that much then.
const READINGS: u32 = 1000;
const STEP: Duration = Duration::from_micros(100);

impl State {
    pub(super) fn new(now: Duration) -> Self {
        Self {
            now,
            ..Self::default()
        }
    }

    pub(super) fn seat(&mut self) -> Seat {
        self.last += 1;
        Seat {
            number: self.last,
            bell: Arc::default(),
        }
    }

    /// A kernel's time.
    pub(super) fn now_of(&self, kernel: u64) -> Duration {
        let loose = self.loose.get(&kernel);
        self.now + loose.map_or(Duration::ZERO, |loose| loose.ahead)
    }

    /// A kernel's time, as somebody sees it who may do nothing but read it.
    pub(super) fn read(&mut self, kernel: u64) -> Duration {
        self.readings = self.readings.saturating_add(1);
        self.now_of(kernel) + STEP * self.readings.saturating_sub(READINGS)
    }

    fn timers_of(&mut self, kernel: u64) -> &mut Timers {
        match self.loose.get_mut(&kernel) {
            Some(loose) => &mut loose.timers,
            None => &mut self.timers,
        }
    }

    pub(super) fn wait(&mut self, key: usize, waiting: Waiting) {
        let number = waiting.seat.number;
        if let Some(deadline) = waiting.deadline {
            let timers = self.timers_of(waiting.kernel);
            timers.insert((deadline, number), key);
        }
        self.waiting.insert((key, number), waiting);
    }

    /// The numbers of those who wait on `key`, the longest waiting first.
    pub(super) fn waiting_on(&self, key: usize) -> impl Iterator<Item = u64> {
        let those = self.waiting.range((key, 0)..=(key, u64::MAX));
        those.map(|(&(_, number), _)| number)
    }

    /// Makes a waiting thread ready.
    pub(super) fn wake(&mut self, key: usize, number: u64, wake: Wake) {
        let Some(waiting) = self.waiting.remove(&(key, number)) else {
            return;
        };
        if let Some(deadline) = waiting.deadline {
            self.timers_of(waiting.kernel).remove(&(deadline, number));
        }
        if wake == Wake::TimedOut {
            // SAFETY: its thread waits until it is given the turn, which needs the state, and this
            // was in `waiting` until now.
            unsafe { (*waiting.timed_out.0)() };
        }
        self.ready.push_back((waiting.seat, wake));
    }

    fn give(&mut self, seat: &Seat, wake: Wake) {
        self.turn = Turn::Given(seat.number, wake);
        seat.bell.notify_one();
    }

    /// Hands on the turn, which nobody has; tells `still` when nobody wants it, or the goal is
    /// reached.
    pub(super) fn hand_on(&mut self, still: &Condvar) {
        self.readings = 0;
        self.turn = Turn::Free;
        loop {
            if let Some((seat, wake)) = self.ready.pop_front() {
                return self.give(&seat, wake);
            }
            if let Some(seat) = self.entering.pop_front() {
                return self.give(&seat, Wake::Invalid);
            }
            if !self.move_on(still) {
                still.notify_all();
                return;
            }
        }
    }

    /// Hands on the turn if nobody has it: there is something new.
    pub(super) fn stir(&mut self, still: &Condvar) {
        if matches!(self.turn, Turn::Free) {
            self.hand_on(still);
        }
    }

    /// The first deadline of all, by the clock.
    fn first(&self) -> Option<Timer> {
        let timer = |(&(at, number), &key): (&(Duration, u64), &usize)| (at, number, key);
        let first = self.timers.first_key_value().map(timer);
        first.into_iter().chain(self.first_loose()).min()
    }

    /// The first deadline in the kernels that go ahead, by the clock.
    fn first_loose(&self) -> Option<Timer> {
        let firsts = self.loose.values().filter_map(|loose| {
            let (&(at, number), &key) = loose.timers.first_key_value()?;
            Some((at.saturating_sub(loose.ahead), number, key))
        });
        firsts.min()
    }

    /// Makes the thread ready whose deadline is next, if time may pass. Whether there is one.
    fn move_on(&mut self, still: &Condvar) -> bool {
        let first = self.first();
        if let Some(goal) = self.goal
            && self.rests == 0
            && first.is_none_or(|(at, ..)| at > goal)
        {
            self.now = self.now.max(goal);
            self.goal = None;
            still.notify_all();
        }
        let moves = self.rests == 0 && (self.runs > 0 || self.goal.is_some());
        if let Some((at, number, key)) = first
            && (moves || at <= self.now)
        {
            self.now = self.now.max(at);
            self.wake(key, number, Wake::TimedOut);
            return true;
        }
        let Some((at, number, key)) = self.first_loose() else {
            return false;
        };
        let kernel = self.waiting.get(&(key, number)).map(|who| who.kernel);
        if let Some(loose) = kernel.and_then(|kernel| self.loose.get_mut(&kernel)) {
            loose.ahead += at.saturating_sub(self.now);
        }
        self.wake(key, number, Wake::TimedOut);
        true
    }

    fn waiting_in(&self, kernel: u64) -> impl Iterator<Item = (u64, usize, &Waiting)> {
        let all = self.waiting.iter();
        all.filter(move |(_, waiting)| waiting.kernel == kernel)
            .map(|(&(key, number), waiting)| (number, key, waiting))
    }

    /// Lets a kernel go ahead of the clock.
    pub(super) fn let_loose(&mut self, kernel: u64) {
        if self.loose.contains_key(&kernel) {
            return;
        }
        let timers: Timers = self
            .waiting_in(kernel)
            .filter_map(|(number, key, waiting)| Some(((waiting.deadline?, number), key)))
            .collect();
        self.timers.retain(|timer, _| !timers.contains_key(timer));
        let ahead = Duration::ZERO;
        self.loose.insert(kernel, Loose { ahead, timers });
    }

    /// Makes every thread ready that waits in a dead kernel.
    pub(super) fn end(&mut self, kernel: u64) {
        let mut those: Vec<_> = self
            .waiting_in(kernel)
            .map(|(number, key, _)| (number, key))
            .collect();
        // Not by key, which is an address.
        those.sort_unstable();
        for (number, key) in those {
            self.wake(key, number, Wake::Dead);
        }
        self.loose.remove(&kernel);
    }
}
