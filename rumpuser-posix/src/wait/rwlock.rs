//! Reader/writer locks of the kernel's.
//!
//! The state is one word: whether a writer holds the lock, whether threads wait, and the number of
//! readers. Without waiters every operation is one atomic exchange. While threads wait, everything
//! goes through a queue with a lock of its own, and a lock that becomes free is handed over there,
//! so that there is nothing to race for. The queues are not in the kernel's memory: what it
//! overwrites in a lock leads no hypercall astray.
//!
//! Loaded kernels do what takes one exchange in their own code, by `image/uncontended.c`, which
//! states the layout and the values again.

use std::cell::Cell;
use std::ffi::c_int;
use std::mem::offset_of;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};

use parking_lot::{Mutex, MutexGuard};

use super::{Dead, Lwp, Object, Parked, Wake};

const WRITER: u32 = 1;
const QUEUED: u32 = 2;
const READER: u32 = 4;

/// How a lock is, or is to be, held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Read,
    Write,
}

impl Mode {
    pub(crate) fn of(operation: c_int) -> Option<Self> {
        match operation {
            0 => Some(Self::Read),
            1 => Some(Self::Write),
            _ => None,
        }
    }
}

/// A waiting thread, on that thread's stack; in the queue until it is let in or gives up.
struct Waiter {
    /// The address of the lock that it waits for.
    lock: usize,
    mode: Mode,
    let_in: AtomicBool,
    next: Cell<*const Waiter>,
}

/// Threads that wait for any of some locks, the longest waiting first.
#[derive(Debug)]
struct Queue {
    head: *const Waiter,
}

// SAFETY: the waiters are used only with the queue locked, except for their atomic.
unsafe impl Send for Queue {}

impl Queue {
    /// Takes the waiters that `choose` accepts out of the queue and gives them to `then`.
    fn take(&mut self, mut choose: impl FnMut(&Waiter) -> bool, mut then: impl FnMut(&Waiter)) {
        let mut previous: *const Waiter = ptr::null();
        let mut place = self.head;
        // SAFETY: a waiter stays on its thread's stack until it is out of the queue, for which the
        // queue's lock is needed, or until it was let in, after which it is not touched.
        while let Some(waiter) = unsafe { place.as_ref() } {
            let next = waiter.next.get();
            if choose(waiter) {
                // SAFETY: as above; the previous one is still in the queue.
                match unsafe { previous.as_ref() } {
                    Some(previous) => previous.next.set(next),
                    None => self.head = next,
                }
                then(waiter);
            } else {
                previous = place;
            }
            place = next;
        }
    }

    fn push(&mut self, waiter: &Waiter) {
        let mut last: *const Waiter = ptr::null();
        let mut place = self.head;
        // SAFETY: as in take().
        while let Some(other) = unsafe { place.as_ref() } {
            last = place;
            place = other.next.get();
        }
        // SAFETY: as in take().
        match unsafe { last.as_ref() } {
            Some(last) => last.next.set(waiter),
            None => self.head = waiter,
        }
    }
}

impl Default for Queue {
    fn default() -> Self {
        Self { head: ptr::null() }
    }
}

const QUEUES: usize = 16;

/// The threads that wait for reader/writer locks of one kernel.
#[derive(Debug, Default)]
pub(crate) struct Queues([Mutex<Queue>; QUEUES]);

/// `struct rumpuser_rw`. Alone in its cache line.
#[repr(C, align(64))]
pub(crate) struct RwLock {
    state: AtomicU32,
    kind: AtomicU32,
    writer: AtomicPtr<Lwp>,
}

const _: () = assert!(
    offset_of!(RwLock, state) == 0 && offset_of!(RwLock, writer) == 8,
    "image/uncontended.c states the layout"
);

// SAFETY: new() sets the word, end() clears it.
unsafe impl Object for RwLock {
    const KIND: u32 = 0x7277_6c6b;
    const KIND_AT: usize = offset_of!(RwLock, kind);
    const STRANGER: &str = "rumpuser: a reader/writer lock is used that is none: never made, \
         destroyed, or overwritten";
}

impl RwLock {
    pub(crate) fn new() -> Self {
        Self {
            state: AtomicU32::new(0),
            kind: AtomicU32::new(Self::KIND),
            writer: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Makes the lock none.
    pub(crate) fn end(&self) {
        self.kind.store(0, Ordering::Relaxed);
    }

    /// Notes that the calling thread, which is this lwp, holds the lock.
    pub(crate) fn own(&self, mode: Mode, lwp: impl FnOnce() -> *mut Lwp) {
        if mode == Mode::Write {
            self.writer.store(lwp(), Ordering::Relaxed);
        }
    }

    /// Notes that the writer is about to be none.
    pub(crate) fn disown(&self) {
        self.writer.store(ptr::null_mut(), Ordering::Relaxed);
    }

    /// Whether this lwp holds the lock for writing.
    pub(crate) fn is_writer(&self, lwp: impl FnOnce() -> *mut Lwp) -> bool {
        self.is_written() && self.writer.load(Ordering::Relaxed) == lwp()
    }

    fn address(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    /// The queue that this lock's waiters are in, with others'.
    fn queue<'a>(&self, queues: &'a Queues) -> MutexGuard<'a, Queue> {
        let Queues(queues) = queues;
        queues[(self.address() >> 6) % QUEUES].lock()
    }

    fn change(&self, from: u32, to: u32) -> Result<u32, u32> {
        self.state
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed)
    }

    /// What the state becomes when the lock is taken, if it can be.
    fn taken(state: u32, mode: Mode) -> Option<u32> {
        match mode {
            Mode::Read if state & (WRITER | QUEUED) == 0 => Some(state + READER),
            Mode::Write if state == 0 => Some(WRITER),
            _ => None,
        }
    }

    pub(crate) fn try_lock(&self, mode: Mode) -> bool {
        let mut state = self.state.load(Ordering::Relaxed);
        while let Some(taken) = Self::taken(state, mode) {
            match self.change(state, taken) {
                Ok(_) => return true,
                Err(now) => state = now,
            }
        }
        false
    }

    /// Waits for the lock in the host.
    pub(crate) fn lock(&self, parked: &Parked, mode: Mode) -> Result<(), Dead> {
        let waiter = Waiter {
            lock: self.address(),
            mode,
            let_in: AtomicBool::new(false),
            next: Cell::new(ptr::null()),
        };
        let mut queue = self.queue(&parked.rwlock_queues);
        let mut state = self.state.load(Ordering::Relaxed);
        loop {
            let (to, taken) = match Self::taken(state, mode) {
                Some(taken) => (taken, true),
                None => (state | QUEUED, false),
            };
            match self.change(state, to) {
                Ok(_) if taken => return Ok(()),
                Ok(_) => break,
                Err(now) => state = now,
            }
        }
        queue.push(&waiter);
        drop(queue);
        let key = ptr::from_ref(&waiter).addr();
        while !waiter.let_in.load(Ordering::Acquire) {
            let waiting = || !waiter.let_in.load(Ordering::Acquire);
            if parked.park(key, waiting, || {}, || {}, None) == Wake::Dead {
                // Others may be at work in the queue yet; this frame must not be in it any more.
                self.queue(&parked.rwlock_queues)
                    .take(|other| ptr::eq(other, &waiter), |_| {});
                return Err(Dead);
            }
        }
        Ok(())
    }

    /// Lets in who comes next, in a lock that nobody holds, or that `readers` hold after a
    /// downgrade. `readers_first` when it was a writer that left.
    fn hand_over(
        &self,
        parked: &Parked,
        mut queue: MutexGuard<'_, Queue>,
        readers: u32,
        readers_first: bool,
    ) {
        let mut state = readers * READER;
        let let_in = |waiter: &Waiter| {
            let key = ptr::from_ref(waiter).addr();
            waiter.let_in.store(true, Ordering::Release);
            // From here on the waiter may be gone; only its address is used.
            parked.unpark_all(key);
        };
        // The state has to be right before anybody is let in, so count first.
        let is_here = |waiter: &Waiter| waiter.lock == self.address();
        let mut waiting_readers = 0;
        let mut waiting_writers = 0;
        queue.take(
            |waiter| {
                match waiter.mode {
                    _ if !is_here(waiter) => {}
                    Mode::Read => waiting_readers += 1,
                    Mode::Write => waiting_writers += 1,
                }
                false
            },
            |_| {},
        );
        let reading = waiting_readers > 0 && (readers_first || waiting_writers == 0);
        if reading {
            state += waiting_readers * READER;
            waiting_readers = 0;
        } else if readers == 0 && waiting_writers > 0 {
            state |= WRITER;
            waiting_writers -= 1;
        }
        if waiting_readers + waiting_writers > 0 {
            state |= QUEUED;
        }
        self.state.store(state, Ordering::Release);
        if reading {
            queue.take(
                |waiter| is_here(waiter) && waiter.mode == Mode::Read,
                let_in,
            );
        } else if state & WRITER != 0 {
            let mut found = false;
            let first = |waiter: &Waiter| {
                is_here(waiter)
                    && waiter.mode == Mode::Write
                    && !std::mem::replace(&mut found, true)
            };
            queue.take(first, let_in);
        }
    }

    pub(crate) fn unlock(&self, parked: &Parked) {
        let mut state = self.state.load(Ordering::Relaxed);
        while state & QUEUED == 0 {
            let free = if state & WRITER != 0 {
                0
            } else {
                state - READER
            };
            match self.change(state, free) {
                Ok(_) => return,
                Err(now) => state = now,
            }
        }
        let queue = self.queue(&parked.rwlock_queues);
        // With the queue locked and threads in it nobody else changes the state, except that
        // waiters of a dead kernel leave the queue; then there is nobody to hand over to.
        let state = self.state.load(Ordering::Acquire);
        if state & WRITER != 0 {
            self.hand_over(parked, queue, 0, true);
        } else if state / READER > 1 {
            self.state.store(state - READER, Ordering::Release);
        } else {
            self.hand_over(parked, queue, 0, false);
        }
    }

    /// From the only reader to the writer. Threads that wait go on waiting.
    pub(crate) fn try_upgrade(&self) -> bool {
        let mut state = self.state.load(Ordering::Relaxed);
        while state & !QUEUED == READER {
            match self.change(state, WRITER | (state & QUEUED)) {
                Ok(_) => return true,
                Err(now) => state = now,
            }
        }
        false
    }

    /// From the writer to a reader.
    pub(crate) fn downgrade(&self, parked: &Parked) {
        if self.change(WRITER, READER).is_err() {
            let queue = self.queue(&parked.rwlock_queues);
            self.hand_over(parked, queue, 1, true);
        }
    }

    pub(crate) fn readers(&self) -> u32 {
        self.state.load(Ordering::Relaxed) / READER
    }

    fn is_written(&self) -> bool {
        self.state.load(Ordering::Relaxed) & WRITER != 0
    }

    /// Whether anybody holds the lock or waits for it. When this says no, nobody is at work in the
    /// lock any more, not even a thread that has just handed it over.
    pub(crate) fn is_used(&self, parked: &Parked) -> bool {
        let _queue = self.queue(&parked.rwlock_queues);
        self.state.load(Ordering::Relaxed) != 0
    }
}
