//! Threads of the program that take turns with the kernels.

use std::ffi::c_void;
use std::fmt;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};

use parking_lot_core::DEFAULT_UNPARK_TOKEN;

use super::Hand;
use crate::wait::Turns;

/// Waits for a thread that was started with [`Hand::spawn`]; lets go of it when dropped.
pub struct Spawned<T> {
    turns: Arc<Turns>,
    ended: Arc<AtomicBool>,
    thread: JoinHandle<T>,
}

/// The turn of a thread, up to the thread's very end: what the destructors of its thread-locals and
/// thread keys do in kernels is done in turn, too.
struct Stay {
    turns: Arc<Turns>,
    ended: Arc<AtomicBool>,
    /// How often the destructors of thread keys have been run before this one gives up.
    rounds: u8,
}

/// POSIX lets keys have values four times. A destructor of another key that sets its value again
/// has done so by then.
const ROUNDS: u8 = 3;

impl Drop for Stay {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let key = Arc::as_ptr(&self.ended).addr();
        self.turns.unpark(key, usize::MAX, |_| DEFAULT_UNPARK_TOKEN);
        self.turns.leave();
    }
}

/// The key whose value is the thread's [`Stay`].
fn key() -> io::Result<libc::pthread_key_t> {
    static KEY: OnceLock<Result<libc::pthread_key_t, i32>> = OnceLock::new();
    let key = KEY.get_or_init(|| {
        let mut key = 0;
        // SAFETY: a place for the key; again() takes what keep() sets.
        match unsafe { libc::pthread_key_create(&mut key, Some(again)) } {
            0 => Ok(key),
            error => Err(error),
        }
    });
    key.map_err(io::Error::from_raw_os_error)
}

fn keep(key: libc::pthread_key_t, stay: Box<Stay>) {
    let stay = Box::into_raw(stay);
    // SAFETY: the key is never deleted, and its destructor expects this.
    if unsafe { libc::pthread_setspecific(key, stay.cast()) } != 0 {
        // SAFETY: the box is from above, and nobody else has it. What comes later needs a new turn.
        drop(unsafe { Box::from_raw(stay) });
    }
}

extern "C" fn again(stay: *mut c_void) {
    // SAFETY: keep() made it of a box, and the key no longer has it.
    let mut stay = unsafe { Box::from_raw(stay.cast::<Stay>()) };
    stay.rounds += 1;
    if stay.rounds < ROUNDS
        && let Ok(key) = key()
    {
        keep(key, stay);
    }
}

impl Hand {
    /// Starts a thread that takes turns with the threads of the kernels on this clock, from its
    /// first to its last instruction: it runs while all others wait, until it waits in a kernel, in
    /// [`sleep`](Self::sleep) or in [`Spawned::join`]. It must not wait for other threads in any
    /// other way: nothing else on this clock would happen meanwhile.
    ///
    /// Threads begin in the order in which they were started, but those that were started from
    /// outside are at work while more are started. Start them in [`run`](Self::run) for a run that
    /// can be repeated.
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
        let (theirs, turns) = (ticket.clone(), Arc::clone(&self.turns));
        let (ends, key) = (Arc::clone(&ended), key()?);
        let thread = thread::Builder::new().spawn(move || {
            theirs.begin();
            let stay = Stay {
                turns,
                ended: ends,
                rounds: 0,
            };
            keep(key, Box::new(stay));
            f()
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
