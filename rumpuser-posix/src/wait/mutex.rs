//! Mutexes of the kernel's.
//!
//! A mutex of the kernel's (`RUMPUSER_MTX_KMUTEX`) knows the lwp that holds it. Waiting for one
//! that does not spin gives up the virtual CPU. For one that spins (`RUMPUSER_MTX_SPIN`) the host
//! thread waits with the CPU in its hands: those are held briefly, and never by a thread that waits
//! for a CPU. Unlocking and destroying are for the holder and for mutexes that nobody holds or
//! awaits.
//!
//! The state is one word: whether the mutex is held, and whether a thread waits in the queue. A
//! mutex that is released goes to whoever comes first; now and then it is handed to the thread that
//! has waited longest, so that none waits for ever.
//!
//! Loaded kernels lock and release mutexes that nobody waits for in their own code, by
//! `image/uncontended.c`, which states the layout and the values again.

use std::ffi::c_int;
use std::mem::offset_of;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use parking_lot_core::{DEFAULT_UNPARK_TOKEN, SpinWait, UnparkToken};

use super::{Dead, Lwp, Object, Parked, Wake};

const SPIN: u32 = 0x01;
const KERNEL: u32 = 0x02;

/// What the flags of every mutex have beside those.
const MUTEX: u32 = 0x6d78_0000;

const HELD: u32 = 1;
const AWAITED: u32 = 2;

/// The mutex was not released but handed to the thread that is woken.
const HANDED: UnparkToken = UnparkToken(1);

/// `struct rumpuser_mtx`. Alone in its cache line.
#[repr(C, align(64))]
pub(crate) struct Mutex {
    state: AtomicU32,
    /// With [`MUTEX`], until the mutex is destroyed.
    flags: AtomicU32,
    owner: AtomicPtr<Lwp>,
}

// SAFETY: new() sets the word, end() clears it.
unsafe impl Object for Mutex {
    const KIND: u32 = MUTEX;
    const MASK: u32 = 0xffff_0000;
    const KIND_AT: usize = offset_of!(Mutex, flags);
    const STRANGER: &str =
        "rumpuser: a mutex is used that is none: never made, destroyed, or overwritten";
}

const _: () = assert!(
    offset_of!(Mutex, state) == 0 && offset_of!(Mutex, flags) == 4 && offset_of!(Mutex, owner) == 8,
    "image/uncontended.c states the layout"
);

impl Mutex {
    pub(crate) fn new(flags: c_int) -> Self {
        Self {
            state: AtomicU32::new(0),
            flags: AtomicU32::new(MUTEX | flags.cast_unsigned() & (SPIN | KERNEL)),
            owner: AtomicPtr::new(ptr::null_mut()),
        }
    }

    fn key(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    pub(crate) fn spins(&self) -> bool {
        self.flags.load(Ordering::Relaxed) & SPIN != 0
    }

    pub(crate) fn is_kernel(&self) -> bool {
        self.flags.load(Ordering::Relaxed) & KERNEL != 0
    }

    /// Notes that the calling thread, which is this lwp, holds the mutex.
    pub(crate) fn own(&self, lwp: impl FnOnce() -> *mut Lwp) {
        if self.is_kernel() {
            self.owner.store(lwp(), Ordering::Relaxed);
        }
    }

    /// The lwp that holds the mutex; null if none does, or if it keeps none.
    pub(crate) fn owner(&self) -> *mut Lwp {
        self.owner.load(Ordering::Relaxed)
    }

    /// Notes that the calling thread is about to release the mutex.
    pub(crate) fn disown(&self) {
        if self.is_kernel() {
            self.owner.store(ptr::null_mut(), Ordering::Relaxed);
        }
    }

    pub(crate) fn try_lock(&self) -> bool {
        let mut state = self.state.load(Ordering::Relaxed);
        while state & HELD == 0 {
            match self.state.compare_exchange_weak(
                state,
                state | HELD,
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(now) => state = now,
            }
        }
        false
    }

    /// Waits for the mutex in the host.
    pub(crate) fn lock(&self, parked: &Parked) -> Result<(), Dead> {
        let mut spin = SpinWait::new();
        let mut state = self.state.load(Ordering::Relaxed);
        loop {
            if state & HELD == 0 {
                if self.try_lock() {
                    return Ok(());
                }
                state = self.state.load(Ordering::Relaxed);
                continue;
            }
            if state & AWAITED == 0 {
                if spin.spin() {
                    state = self.state.load(Ordering::Relaxed);
                    continue;
                }
                if let Err(now) = self.state.compare_exchange_weak(
                    state,
                    state | AWAITED,
                    Ordering::Relaxed,
                    Ordering::Relaxed,
                ) {
                    state = now;
                    continue;
                }
            }
            let still = || self.state.load(Ordering::Relaxed) == HELD | AWAITED;
            match parked.park(self.key(), still, || {}, || {}, None) {
                Wake::Dead => return Err(Dead),
                Wake::Unparked(HANDED) => return Ok(()),
                Wake::Unparked(_) | Wake::Invalid | Wake::TimedOut => {}
            }
            spin.reset();
            state = self.state.load(Ordering::Relaxed);
        }
    }

    /// Releases the mutex.
    pub(crate) fn unlock(&self, parked: &Parked) {
        if self
            .state
            .compare_exchange(HELD, 0, Ordering::Release, Ordering::Relaxed)
            .is_ok()
        {
            return;
        }
        parked.unpark(self.key(), 1, |result| {
            let awaited = if result.have_more_threads { AWAITED } else { 0 };
            if result.unparked_threads != 0 && result.be_fair {
                self.state.store(HELD | awaited, Ordering::Relaxed);
                return HANDED;
            }
            self.state.store(awaited, Ordering::Release);
            DEFAULT_UNPARK_TOKEN
        });
    }

    pub(crate) fn is_held(&self) -> bool {
        self.state.load(Ordering::Relaxed) & HELD != 0
    }

    /// Makes the mutex none.
    pub(crate) fn end(&self) {
        self.flags.store(0, Ordering::Relaxed);
    }
}
