//! What moves the clock, and what else the program does with it.

use std::time::{Duration, Instant};

use super::state::Turn;
use super::{Turns, Wake};

impl Turns {
    /// The clock's time since 1970.
    pub(crate) fn now(&self) -> Duration {
        self.state.lock().now
    }

    /// Moves the clock on, and waits until everything has happened that happens till then. The
    /// caller does not have the turn. `goal` makes of the time that it is the time to move to.
    pub(crate) fn advance<E>(
        &self,
        goal: impl FnOnce(Duration) -> Result<Duration, E>,
    ) -> Result<(), E> {
        let _one_at_a_time = self.advancing.lock();
        let mut state = self.state.lock();
        state.goal = Some(goal(state.now)?);
        state.stir(&self.still);
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

    /// Waits until the clock has moved on by `time`, which belongs to no kernel.
    pub(crate) fn sleep(&self, time: Duration) {
        let _turn = self.enter();
        let deadline = self.now().checked_add(time);
        let key = (&raw const deadline).addr();
        // Whoever used this address before may be woken late.
        while self.park(0, key, || true, || {}, &mut || {}, deadline) != Wake::TimedOut {}
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

    /// Lets a kernel go ahead of the clock from now on.
    pub(crate) fn let_loose(&self, kernel: u64) {
        let mut state = self.state.lock();
        state.let_loose(kernel);
        state.stir(&self.still);
    }

    /// Wakes every thread that waits in a dead kernel.
    pub(crate) fn end(&self, kernel: u64) {
        let mut state = self.state.lock();
        state.end(kernel);
        state.stir(&self.still);
    }
}
