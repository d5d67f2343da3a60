//! loom's atomics, which know in addition whether the lock that they are part of is gone.
//!
//! Memory of locks stays mapped, so a thread that comes late may read a word of a lock that was
//! destroyed, and finds anything there. It must not write: the word may be another lock's.

use std::cell::Cell;

pub(crate) use loom::sync::atomic::Ordering;

use loom::cell::UnsafeCell;
use loom::sync::atomic as model;

/// What is done to a word beside loading it.
struct Writes {
    /// Read by each write and written when the word is destroyed. loom reports what is unordered.
    order: UnsafeCell<()>,
    is_destroyed: Cell<bool>,
}

impl Writes {
    fn new() -> Self {
        Self {
            order: UnsafeCell::new(()),
            is_destroyed: Cell::new(false),
        }
    }

    #[track_caller]
    fn note(&self) {
        assert!(
            !self.is_destroyed.get(),
            "a lock is written to that is none"
        );
        self.order.with(|_| ());
    }

    fn destroy(&self) {
        self.order.with_mut(|_| ());
        self.is_destroyed.set(true);
    }
}

macro_rules! atomic {
    ($name:ident $(<$parameter:ident>)?, $value:ty, $anything:expr) => {
        pub(crate) struct $name$(<$parameter>)? {
            word: model::$name$(<$parameter>)?,
            writes: Writes,
        }

        // SAFETY: loom runs one thread at a time.
        unsafe impl$(<$parameter>)? Sync for $name$(<$parameter>)? {}

        impl$(<$parameter>)? $name$(<$parameter>)? {
            pub(crate) fn new(value: $value) -> Self {
                Self {
                    word: model::$name::new(value),
                    writes: Writes::new(),
                }
            }

            pub(crate) fn load(&self, order: Ordering) -> $value {
                self.word.load(order)
            }

            #[track_caller]
            pub(crate) fn store(&self, value: $value, order: Ordering) {
                self.writes.note();
                self.word.store(value, order);
            }
        }

        impl$(<$parameter>)? Drop for $name$(<$parameter>)? {
            fn drop(&mut self) {
                self.writes.destroy();
                self.word.store($anything, Ordering::Relaxed);
            }
        }
    };
}

macro_rules! integer {
    ($name:ident, $value:ty) => {
        atomic!($name, $value, 1);

        impl $name {
            #[track_caller]
            pub(crate) fn fetch_add(&self, value: $value, order: Ordering) -> $value {
                self.writes.note();
                self.word.fetch_add(value, order)
            }

            #[track_caller]
            pub(crate) fn fetch_sub(&self, value: $value, order: Ordering) -> $value {
                self.writes.note();
                self.word.fetch_sub(value, order)
            }
        }
    };
}

atomic!(AtomicPtr<T>, *mut T, std::ptr::null_mut());
integer!(AtomicU32, u32);
integer!(AtomicUsize, usize);

impl AtomicU32 {
    #[track_caller]
    pub(crate) fn compare_exchange(
        &self,
        from: u32,
        to: u32,
        success: Ordering,
        failure: Ordering,
    ) -> Result<u32, u32> {
        self.writes.note();
        self.word.compare_exchange(from, to, success, failure)
    }

    #[track_caller]
    pub(crate) fn fetch_update(
        &self,
        success: Ordering,
        failure: Ordering,
        update: impl FnMut(u32) -> Option<u32>,
    ) -> Result<u32, u32> {
        self.writes.note();
        self.word.fetch_update(success, failure, update)
    }
}
