//! `rumpuser_rw_*`: reader/writer locks.
//!
//! Many readers or one writer, which is known by its lwp. Waiting gives up the virtual CPU. As in
//! NetBSD, a reader waits when a writer waits, a writer that leaves lets in the readers that wait,
//! and the last reader that leaves lets in a writer: neither kind starves. An upgrade succeeds for
//! the only reader, else EBUSY; a downgrade lets in the readers that wait and never a writer.
//! "Held for reading" means by anybody, since readers are not known by name.
//!
//! The state is one word: whether a writer holds the lock, whether threads wait, and the number of
//! readers. Without waiters every operation is one atomic exchange. While threads wait, everything
//! goes through the queue's own lock, and a lock that becomes free is handed over there, so that
//! there is nothing to race for.

use std::cell::Cell;
use std::ffi::c_int;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};

use parking_lot::{Mutex, MutexGuard};

use crate::errno::from_host;
use crate::instance::{Dead, Instance, Wake, caller, unpark_all};
use crate::upcall::Lwp;

const WRITER: u32 = 1;
const QUEUED: u32 = 2;
const READER: u32 = 4;

/// How a lock is, or is to be, held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Read,
    Write,
}

impl Mode {
    fn of(operation: c_int) -> Option<Self> {
        match operation {
            0 => Some(Self::Read),
            1 => Some(Self::Write),
            _ => None,
        }
    }
}

/// A waiting thread, on that thread's stack; in the queue until it is let in or gives up.
struct Waiter {
    mode: Mode,
    let_in: AtomicBool,
    next: Cell<*const Waiter>,
}

/// Waiting threads, the longest waiting first.
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

/// `struct rumpuser_rw`. Alone in its cache line.
#[repr(C, align(64))]
struct RwLock {
    state: AtomicU32,
    queue: Mutex<Queue>,
    writer: AtomicPtr<Lwp>,
}

impl RwLock {
    fn new() -> Self {
        Self {
            state: AtomicU32::new(0),
            queue: Mutex::new(Queue { head: ptr::null() }),
            writer: AtomicPtr::new(ptr::null_mut()),
        }
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

    fn try_lock(&self, mode: Mode) -> bool {
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
    fn lock(&self, instance: &Instance, mode: Mode) -> Result<(), Dead> {
        let waiter = Waiter {
            mode,
            let_in: AtomicBool::new(false),
            next: Cell::new(ptr::null()),
        };
        let mut queue = self.queue.lock();
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
            if instance.parked.park(key, waiting, || {}, || {}, None) == Wake::Dead {
                // Others may be at work in the queue yet; this frame must not be in it any more.
                self.queue
                    .lock()
                    .take(|other| ptr::eq(other, &waiter), |_| {});
                return Err(Dead);
            }
        }
        Ok(())
    }

    /// Lets in who comes next, in a lock that nobody holds, or that `readers` hold after a
    /// downgrade. `readers_first` when it was a writer that left.
    fn hand_over(&self, mut queue: MutexGuard<'_, Queue>, readers: u32, readers_first: bool) {
        let mut state = readers * READER;
        let let_in = |waiter: &Waiter| {
            let key = ptr::from_ref(waiter).addr();
            waiter.let_in.store(true, Ordering::Release);
            // From here on the waiter may be gone; only its address is used.
            unpark_all(key);
        };
        // The state has to be right before anybody is let in, so count first.
        let mut waiting_readers = 0;
        let mut waiting_writers = 0;
        queue.take(
            |waiter| {
                match waiter.mode {
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
            queue.take(|waiter| waiter.mode == Mode::Read, let_in);
        } else if state & WRITER != 0 {
            let mut found = false;
            let first = |waiter: &Waiter| {
                waiter.mode == Mode::Write && !std::mem::replace(&mut found, true)
            };
            queue.take(first, let_in);
        }
    }

    fn unlock(&self) {
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
        let queue = self.queue.lock();
        // With the queue locked and threads in it nobody else changes the state, except that
        // waiters of a dead kernel leave the queue; then there is nobody to hand over to.
        let state = self.state.load(Ordering::Acquire);
        if state & WRITER != 0 {
            self.hand_over(queue, 0, true);
        } else if state / READER > 1 {
            self.state.store(state - READER, Ordering::Release);
        } else {
            self.hand_over(queue, 0, false);
        }
    }

    /// From the only reader to the writer. Threads that wait go on waiting.
    fn try_upgrade(&self) -> bool {
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
    fn downgrade(&self) {
        if self.change(WRITER, READER).is_err() {
            let queue = self.queue.lock();
            self.hand_over(queue, 1, true);
        }
    }

    fn readers(&self) -> u32 {
        self.state.load(Ordering::Relaxed) / READER
    }

    fn is_writer(&self, instance: &Instance) -> bool {
        self.state.load(Ordering::Relaxed) & WRITER != 0
            && self.writer.load(Ordering::Relaxed) == instance.lwp()
    }

    /// Notes that the calling thread got the lock.
    fn own(&self, instance: &Instance, mode: Mode) {
        if mode == Mode::Write {
            self.writer.store(instance.lwp(), Ordering::Relaxed);
        }
    }
}

fn mode_of(instance: &Instance, operation: c_int) -> Mode {
    match Mode::of(operation) {
        Some(mode) => mode,
        None => instance.fail("rumpuser: a reader/writer lock is asked for in an unknown way"),
    }
}

/// Makes a lock and stores its address.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_rw_init(place: *mut *mut RwLock) {
    let lock = caller().place(RwLock::new());
    // SAFETY: the kernel passes a place for the address.
    unsafe { place.write(lock) };
}

/// Locks for reading or writing.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_rw_enter(operation: c_int, lock: *const RwLock) {
    let instance = caller();
    let mode = mode_of(instance, operation);
    // SAFETY: the kernel passes a lock of its own, which stays while it is used.
    let lock = unsafe { &*lock };
    if !lock.try_lock(mode) {
        if lock.is_writer(instance) && !instance.lwp().is_null() {
            instance.fail("rumpuser: a lwp locks a reader/writer lock that it holds for writing");
        }
        let locks = instance.unschedule(ptr::null_mut());
        if lock.lock(instance, mode).is_err() {
            instance.leave();
        }
        instance.schedule(locks, ptr::null_mut());
    }
    lock.own(instance, mode);
}

/// Locks if that needs no waiting, else EBUSY.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_rw_tryenter(operation: c_int, lock: *const RwLock) -> c_int {
    let instance = caller();
    let Some(mode) = Mode::of(operation) else {
        return from_host(libc::EINVAL);
    };
    // SAFETY: as in rumpuser_rw_enter.
    let lock = unsafe { &*lock };
    if lock.try_lock(mode) {
        lock.own(instance, mode);
        0
    } else {
        from_host(libc::EBUSY)
    }
}

/// Makes the only reader the writer, else EBUSY.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_rw_tryupgrade(lock: *const RwLock) -> c_int {
    let instance = caller();
    // SAFETY: as in rumpuser_rw_enter.
    let lock = unsafe { &*lock };
    if lock.try_upgrade() {
        lock.own(instance, Mode::Write);
        0
    } else {
        from_host(libc::EBUSY)
    }
}

/// Makes the writer a reader.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_rw_downgrade(lock: *const RwLock) {
    let instance = caller();
    // SAFETY: as in rumpuser_rw_enter.
    let lock = unsafe { &*lock };
    if !lock.is_writer(instance) {
        instance.fail("rumpuser: a reader/writer lock is downgraded by another than its writer");
    }
    lock.writer.store(ptr::null_mut(), Ordering::Relaxed);
    lock.downgrade();
}

/// Releases a lock that the calling thread holds in either way.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_rw_exit(lock: *const RwLock) {
    let instance = caller();
    // SAFETY: as in rumpuser_rw_enter.
    let lock = unsafe { &*lock };
    if lock.readers() == 0 {
        if !lock.is_writer(instance) {
            instance.fail("rumpuser: a reader/writer lock is released by one who does not hold it");
        }
        lock.writer.store(ptr::null_mut(), Ordering::Relaxed);
    }
    lock.unlock();
}

/// Ends a lock that nobody holds.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_rw_destroy(lock: *mut RwLock) {
    let instance = caller();
    // SAFETY: as in rumpuser_rw_enter.
    if unsafe { &*lock }.state.load(Ordering::Relaxed) != 0 {
        instance.fail("rumpuser: a reader/writer lock is destroyed that is held");
    }
    // SAFETY: nobody uses a lock that is destroyed.
    unsafe { instance.memory.free(lock.cast()) };
}

/// Stores whether the calling thread holds the lock for writing, or how many hold it for reading.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_rw_held(operation: c_int, lock: *const RwLock, held: *mut c_int) {
    let instance = caller();
    // SAFETY: as in rumpuser_rw_enter.
    let lock = unsafe { &*lock };
    let answer = match mode_of(instance, operation) {
        Mode::Write => c_int::from(lock.is_writer(instance)),
        Mode::Read => c_int::try_from(lock.readers()).unwrap_or(c_int::MAX),
    };
    // SAFETY: the kernel passes a place for the answer.
    unsafe { held.write(answer) };
}
