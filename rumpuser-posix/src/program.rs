//! The program's own code, where a kernel calls it.
//!
//! Between it and the program's frames lie the kernel's, which cannot be unwound. So a panic ends
//! here: the hook has reported it, and the call has come to nothing.

use std::fmt;
use std::mem::{self, ManuallyDrop};
use std::ops::{Deref, DerefMut};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Calls `f`; `None` when it panicked.
pub(crate) fn call<R>(f: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(result) => Some(result),
        Err(payload) => {
            // It is the program's, too, and may panic when it is dropped.
            mem::forget(payload);
            None
        }
    }
}

/// A value of the program's that may be dropped wherever its kernel is, also when that panics.
pub(crate) struct Theirs<T>(ManuallyDrop<T>);

impl<T> Theirs<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(ManuallyDrop::new(value))
    }
}

impl<T> Deref for Theirs<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Theirs<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> Drop for Theirs<T> {
    fn drop(&mut self) {
        // SAFETY: nobody sees the value any more.
        let value = unsafe { ManuallyDrop::take(&mut self.0) };
        let _panicked = call(|| drop(value));
    }
}

impl<T: fmt::Debug> fmt::Debug for Theirs<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
