//! Mutexes of the kernel's.
//!
//! A mutex of the kernel's (`RUMPUSER_MTX_KMUTEX`) knows the lwp that holds it. A mutex that is
//! released goes to whoever comes first; now and then it is handed to the thread that has waited
//! longest, so that none waits for ever.
//!
//! Whether the mutex is held and how many threads wait are two words. Who releases it stores the
//! one and then looks at the other; who is about to wait announces itself and then looks whether
//! the mutex is held. Between the two each has a [barrier], which costs nothing where the mutex is
//! released. A mutex that has been released may be destroyed at once, and its memory be another
//! object's, which is mapped while the kernel lives: so what is read there after the release may be
//! anything, and nothing is written there unless a thread is found waiting, which keeps the mutex.
//!
//! What nobody waits for is done in C, by `image/uncontended.c`, which states the layout and the
//! values again.

use std::ffi::c_int;
use std::mem::offset_of;
use std::ptr;

use parking_lot_core::{DEFAULT_UNPARK_TOKEN, UnparkToken};

use super::atomic::{AtomicPtr, AtomicU32, Ordering};
use super::{Dead, Lwp, Object, Parked, Wake};
use crate::host::barrier;

const SPIN: u32 = 0x01;
const KERNEL: u32 = 0x02;
/// Releasing needs no barrier.
const ASYMMETRIC: u32 = 0x04;

/// What the flags of every mutex have beside those.
const MUTEX: u32 = 0x6d78_0000;

/// The mutex was not left free but handed to the thread that is woken.
const HANDED: UnparkToken = UnparkToken(1);

/// `struct rumpuser_mtx`. Alone in its cache line.
#[repr(C, align(64))]
pub(crate) struct Mutex {
    /// 1 while it is held.
    held: AtomicU32,
    /// With [`MUTEX`], until the mutex is destroyed.
    flags: AtomicU32,
    owner: AtomicPtr<Lwp>,
    waiters: AtomicU32,
}

// SAFETY: new() sets the word, end() clears it.
unsafe impl Object for Mutex {
    const KIND: u32 = MUTEX;
    const MASK: u32 = 0xffff_0000;
    const KIND_AT: usize = offset_of!(Mutex, flags);
    const STRANGER: &str =
        "rumpuser: a mutex is used that is none: never made, destroyed, or overwritten";
}

#[cfg(not(loom))]
const _: () = assert!(
    offset_of!(Mutex, held) == 0
        && offset_of!(Mutex, flags) == 4
        && offset_of!(Mutex, owner) == 8
        && offset_of!(Mutex, waiters) == 8 + size_of::<usize>(),
    "image/uncontended.c states the layout"
);

/// The flag of a new lock that says whether releasing it needs no barrier.
pub(super) fn asymmetric() -> u32 {
    match barrier::is_asymmetric() {
        true => ASYMMETRIC,
        false => 0,
    }
}

impl Mutex {
    pub(crate) fn new(flags: c_int) -> Self {
        Self {
            held: AtomicU32::new(0),
            flags: AtomicU32::new(MUTEX | flags.cast_unsigned() & (SPIN | KERNEL) | asymmetric()),
            owner: AtomicPtr::new(ptr::null_mut()),
            waiters: AtomicU32::new(0),
        }
    }

    /// Makes the mutex none.
    pub(crate) fn end(&self) {
        self.flags.store(0, Ordering::Relaxed);
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

    pub(crate) fn is_held(&self) -> bool {
        self.held.load(Ordering::Relaxed) != 0
    }

    /// Notes that the calling thread, which is this lwp, holds the mutex.
    pub(crate) fn own(&self, lwp: impl FnOnce() -> *mut Lwp) {
        if self.is_kernel() {
            self.owner.store(lwp(), Ordering::Relaxed);
        }
    }

    /// Notes that the calling thread is about to release the mutex.
    pub(crate) fn disown(&self) {
        if self.is_kernel() {
            self.owner.store(ptr::null_mut(), Ordering::Relaxed);
        }
    }

    /// The lwp that holds the mutex; null if none does, or if it keeps none.
    pub(crate) fn owner(&self) -> *mut Lwp {
        self.owner.load(Ordering::Relaxed)
    }

    pub(crate) fn try_lock(&self) -> bool {
        !self.is_held()
            && self
                .held
                .compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
    }

    /// Waits for the mutex a little, without the host: it is seldom held for long.
    pub(crate) fn spin(&self, parked: &Parked) -> bool {
        parked.spin(|| self.try_lock())
    }

    /// Waits for the mutex in the host.
    pub(crate) fn lock(&self, parked: &Parked) -> Result<(), Dead> {
        while !self.try_lock() && !self.spin(parked) {
            self.waiters.fetch_add(1, Ordering::SeqCst);
            barrier::heavy();
            let wake = parked.park(self.key(), || self.is_held(), || {}, || {}, None);
            self.waiters.fetch_sub(1, Ordering::Relaxed);
            match wake {
                Wake::Dead => return Err(Dead),
                Wake::Unparked(HANDED) => return Ok(()),
                Wake::Unparked(_) | Wake::Invalid | Wake::TimedOut => {}
            }
        }
        Ok(())
    }

    /// Releases the mutex.
    pub(crate) fn unlock(&self, parked: &Parked) {
        self.held.store(0, Ordering::Release);
        barrier::light();
        if self.waiters.load(Ordering::Relaxed) != 0 {
            // SAFETY: the address is a mutex's.
            unsafe { Self::wake(self, parked) };
        }
    }

    /// Wakes a thread that waits for a mutex which has been released.
    ///
    /// # Safety
    ///
    /// While threads wait at this address it is a mutex's.
    pub(crate) unsafe fn wake(mutex: *const Self, parked: &Parked) {
        parked.unpark(mutex.addr(), 1, |result| {
            if result.unparked_threads != 0 && result.be_fair {
                // SAFETY: the thread that waits for the mutex keeps it.
                let mutex = unsafe { &*mutex };
                if mutex.try_lock() {
                    return HANDED;
                }
            }
            DEFAULT_UNPARK_TOKEN
        });
    }
}
