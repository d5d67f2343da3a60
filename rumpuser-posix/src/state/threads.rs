//! The host threads of one kernel.

use std::ffi::c_int;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use crate::errno::{from_host, from_io};
use crate::host::thread::HostThread;

#[derive(Debug, Default)]
struct State {
    live: usize,
    handles: Vec<HostThread>,
}

/// The threads that one kernel has started.
#[derive(Debug, Default)]
pub(crate) struct Threads {
    state: Mutex<State>,
    ended: Condvar,
}

impl Threads {
    pub(crate) fn live(&self) -> usize {
        self.state.lock().live
    }

    /// Starts a thread, which says itself when it [has ended](Self::ended). `stack` is in bytes.
    /// `Err` with NetBSD's number.
    pub(crate) fn start(
        &self,
        name: &str,
        stack: usize,
        function: impl FnOnce() + Send + 'static,
    ) -> Result<(), c_int> {
        let mut state = self.state.lock();
        // Dropping a handle lets go of the thread.
        state.handles.retain(|handle| !handle.is_finished());
        if state.handles.try_reserve(1).is_err() {
            return Err(from_host(libc::ENOMEM));
        }
        let handle = HostThread::start(name, stack, function).map_err(|error| from_io(&error))?;
        state.live += 1;
        state.handles.push(handle);
        Ok(())
    }

    /// A thread is at its end.
    pub(crate) fn ended(&self) {
        let mut state = self.state.lock();
        state.live -= 1;
        self.ended.notify_all();
    }

    /// Lets go of the threads of another process.
    pub(crate) fn forget(&mut self) {
        // They are not here to be detached.
        std::mem::forget(std::mem::take(&mut self.state.get_mut().handles));
    }

    /// Whether all have ended, after waiting for that at most for `timeout`.
    pub(crate) fn join(&self, timeout: Option<Duration>) -> bool {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut state = self.state.lock();
        while state.live > 0 {
            match deadline {
                Some(deadline) => {
                    if self.ended.wait_until(&mut state, deadline).timed_out() && state.live > 0 {
                        return false;
                    }
                }
                None => self.ended.wait(&mut state),
            }
        }
        let handles = std::mem::take(&mut state.handles);
        drop(state);
        for handle in handles {
            // They are at their very end.
            handle.join();
        }
        true
    }
}
