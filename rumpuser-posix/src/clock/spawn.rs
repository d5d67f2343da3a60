//! Threads of the program that take turns with the kernels.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use parking_lot_core::DEFAULT_UNPARK_TOKEN;

use super::Hand;
use crate::instance::Turns;

/// Waits for a thread that was started with [`Hand::spawn`]; lets go of it when dropped.
pub struct Spawned<T> {
    turns: Arc<Turns>,
    ended: Arc<AtomicBool>,
    thread: JoinHandle<T>,
}

/// Tells who waits that the thread has come to its end, also if by a panic.
struct End {
    turns: Arc<Turns>,
    ended: Arc<AtomicBool>,
}

impl Drop for End {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let key = Arc::as_ptr(&self.ended).addr();
        self.turns.unpark(key, usize::MAX, |_| DEFAULT_UNPARK_TOKEN);
    }
}

impl Hand {
    /// Starts a thread that takes turns with the threads of the kernels on this clock, from its
    /// first to its last instruction: it runs while all others wait, until it waits in a kernel, in
    /// [`sleep`](Self::sleep) or in [`Spawned::join`]. It must not wait for other threads in any
    /// other way: nothing else on this clock would happen meanwhile.
    ///
    /// Threads begin in the order in which they were started, but those that were started from
    /// outside are at work while more are started. Start them in [`run`](Self::run) for a run that can be
    /// repeated.
    ///
    /// # Errors
    ///
    /// The host has no thread to give.
    pub fn spawn<T: Send + 'static>(
        &self,
        f: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<Spawned<T>> {
        let ticket = self.turns.ticket();
        let ended = Arc::new(AtomicBool::new(false));
        let end = End {
            turns: Arc::clone(&self.turns),
            ended: Arc::clone(&ended),
        };
        let theirs = ticket.clone();
        let thread = thread::Builder::new().spawn(move || {
            theirs.run(|| {
                let _end = end;
                f()
            })
        })?;
        // It is in the queue from here on, whenever the host starts it.
        ticket.queue();
        Ok(Spawned {
            turns: Arc::clone(&self.turns),
            ended,
            thread,
        })
    }
}

impl<T> Spawned<T> {
    /// Waits for the end of the thread. `Err` with its panic, if it did.
    pub fn join(self) -> thread::Result<T> {
        let key = Arc::as_ptr(&self.ended).addr();
        let runs = || !self.ended.load(Ordering::Relaxed);
        if self.turns.is_mine() {
            while runs() {
                self.turns.park(0, key, runs, || {}, &mut || {}, None);
            }
        }
        self.thread.join()
    }
}

impl<T> fmt::Debug for Spawned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spawned")
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
