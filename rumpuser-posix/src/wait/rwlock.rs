//! Reader/writer locks of the kernel's.
//!
//! One word says whether a writer holds the lock, or how many readers do. A lock that becomes free
//! is nobody's: whoever runs takes it, and those that are woken try again. What keeps either kind
//! from starving is that no reader comes in while a writer waits, except the readers that a writer
//! wakes as it leaves; and now and then the lock is handed to those that are woken.
//!
//! How many readers and writers wait are words of their own; what goes for those of a
//! [mutex](super::Mutex) goes for them.
//!
//! What nobody waits for is done in C, by `image/uncontended.c`, which states the layout and the
//! values again.

use std::ffi::c_int;
use std::mem::offset_of;
use std::ptr;

use parking_lot_core::UnparkToken;

use super::atomic::{AtomicPtr, AtomicU32, Ordering};
use super::mutex::asymmetric;
use super::{Dead, Lwp, Object, Parked, Wake};
use crate::host::barrier;

const WRITER: u32 = 1 << 31;

/// The lock was handed to the thread that is woken.
const HANDED: UnparkToken = UnparkToken(1);
/// The thread that is woken, if it is a reader, goes before the writers that wait.
const INVITED: UnparkToken = UnparkToken(2);

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

/// `struct rumpuser_rw`. Alone in its cache line.
#[repr(C, align(64))]
pub(crate) struct RwLock {
    /// [`WRITER`], or how many readers hold it.
    state: AtomicU32,
    kind: AtomicU32,
    writer: AtomicPtr<Lwp>,
    readers_wait: AtomicU32,
    writers_wait: AtomicU32,
    flags: AtomicU32,
}

#[cfg(not(loom))]
const _: () = assert!(
    offset_of!(RwLock, state) == 0
        && offset_of!(RwLock, kind) == 4
        && offset_of!(RwLock, writer) == 8
        && offset_of!(RwLock, readers_wait) == 8 + size_of::<usize>()
        && offset_of!(RwLock, writers_wait) == 12 + size_of::<usize>()
        && offset_of!(RwLock, flags) == 16 + size_of::<usize>(),
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
            readers_wait: AtomicU32::new(0),
            writers_wait: AtomicU32::new(0),
            flags: AtomicU32::new(asymmetric()),
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
        self.state.load(Ordering::Relaxed) == WRITER && self.writer.load(Ordering::Relaxed) == lwp()
    }

    /// Where threads wait that want the lock at this address in this way. At the address itself
    /// threads wait for mutexes: a late wake-up for one that was there before would hand this lock
    /// over as if it were that.
    fn key(lock: *const Self, mode: Mode) -> usize {
        lock.addr()
            + match mode {
                Mode::Read => offset_of!(Self, readers_wait),
                Mode::Write => offset_of!(Self, writers_wait),
            }
    }

    fn waiting(&self, mode: Mode) -> &AtomicU32 {
        match mode {
            Mode::Read => &self.readers_wait,
            Mode::Write => &self.writers_wait,
        }
    }

    /// What the state becomes when the lock is taken, if it can be.
    fn taken(&self, state: u32, mode: Mode, is_invited: bool) -> Option<u32> {
        let has_priority = || is_invited || self.writers_wait.load(Ordering::Relaxed) == 0;
        match mode {
            Mode::Read if state < WRITER && has_priority() => Some(state + 1),
            Mode::Write if state == 0 => Some(WRITER),
            _ => None,
        }
    }

    fn take(&self, mode: Mode, is_invited: bool) -> bool {
        let taken = |state| self.taken(state, mode, is_invited);
        self.state
            .fetch_update(Ordering::Acquire, Ordering::Relaxed, taken)
            .is_ok()
    }

    pub(crate) fn try_lock(&self, mode: Mode) -> bool {
        self.take(mode, false)
    }

    /// Waits for the lock in the host.
    pub(crate) fn lock(&self, parked: &Parked, mode: Mode) -> Result<(), Dead> {
        let mut is_invited = false;
        while !self.take(mode, is_invited) && !parked.spin(|| self.take(mode, is_invited)) {
            self.waiting(mode).fetch_add(1, Ordering::SeqCst);
            barrier::heavy();
            let still = || {
                let state = self.state.load(Ordering::Relaxed);
                // A writer that waits does not keep out itself.
                self.taken(state, mode, is_invited).is_none()
            };
            let wake = parked.park(Self::key(self, mode), still, || {}, || {}, None);
            self.waiting(mode).fetch_sub(1, Ordering::Relaxed);
            match wake {
                Wake::Dead => return Err(Dead),
                Wake::Unparked(HANDED) => return Ok(()),
                Wake::Unparked(INVITED) => is_invited = true,
                Wake::Unparked(_) | Wake::Invalid | Wake::TimedOut => {}
            }
        }
        Ok(())
    }

    /// Releases the lock, which the calling thread holds in this way.
    pub(crate) fn unlock(&self, parked: &Parked, mode: Mode) {
        let is_free = match mode {
            Mode::Write => {
                self.state.store(0, Ordering::Release);
                true
            }
            Mode::Read => self.state.fetch_sub(1, Ordering::Release) == 1,
        };
        barrier::light();
        let waiting = || {
            let readers = self.readers_wait.load(Ordering::Relaxed);
            readers + self.writers_wait.load(Ordering::Relaxed)
        };
        if is_free && waiting() != 0 {
            // SAFETY: the address is a lock's.
            unsafe { Self::wake(self, parked, mode) };
        }
    }

    /// Wakes those whose turn it is when a holder has left a lock free: a writer lets readers in,
    /// and readers a writer, if any wait.
    ///
    /// # Safety
    ///
    /// While threads wait at this address it is a lock's.
    pub(crate) unsafe fn wake(lock: *const Self, parked: &Parked, left: Mode) {
        let turns = match left {
            Mode::Write => [Mode::Read, Mode::Write],
            Mode::Read => [Mode::Write, Mode::Read],
        };
        for mode in turns {
            // SAFETY: by the contract of this function.
            if unsafe { Self::wake_some(lock, parked, mode) } {
                return;
            }
        }
    }

    /// Wakes a writer, or all readers. Returns whether there were any.
    ///
    /// # Safety
    ///
    /// As for [`wake`](Self::wake).
    unsafe fn wake_some(lock: *const Self, parked: &Parked, mode: Mode) -> bool {
        let max = match mode {
            Mode::Read => usize::MAX,
            Mode::Write => 1,
        };
        let mut woken = 0;
        parked.unpark(Self::key(lock, mode), max, |result| {
            woken = result.unparked_threads;
            if woken != 0 && result.be_fair {
                // SAFETY: the threads that wait for the lock keep it.
                let lock = unsafe { &*lock };
                let handed = |state: u32| match mode {
                    Mode::Read if state < WRITER => state.checked_add(woken as u32),
                    Mode::Write if state == 0 => Some(WRITER),
                    _ => None,
                };
                if lock
                    .state
                    .fetch_update(Ordering::Acquire, Ordering::Relaxed, handed)
                    .is_ok()
                {
                    return HANDED;
                }
            }
            INVITED
        });
        woken != 0
    }

    /// From the only reader to the writer. Threads that wait go on waiting.
    pub(crate) fn try_upgrade(&self) -> bool {
        self.state
            .compare_exchange(1, WRITER, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    /// From the writer to a reader.
    pub(crate) fn downgrade(&self, parked: &Parked) {
        self.state.store(1, Ordering::Release);
        barrier::light();
        if self.readers_wait.load(Ordering::Relaxed) != 0 {
            // SAFETY: the calling thread holds the lock.
            unsafe { Self::wake_some(self, parked, Mode::Read) };
        }
    }

    pub(crate) fn readers(&self) -> u32 {
        self.state.load(Ordering::Relaxed) & !WRITER
    }

    /// Whether anybody holds the lock or waits for it.
    pub(crate) fn is_used(&self) -> bool {
        self.state.load(Ordering::Relaxed) != 0
            || self.readers_wait.load(Ordering::Relaxed) != 0
            || self.writers_wait.load(Ordering::Relaxed) != 0
    }
}
