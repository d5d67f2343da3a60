//! The threads that wait, in a list that takes no memory.

use std::cell::Cell;
use std::ptr;

/// A thread that waits, on that thread's stack: so that waiting needs no memory.
pub(super) struct Waiting {
    key: usize,
    previous: Cell<*const Waiting>,
    next: Cell<*const Waiting>,
}

impl Waiting {
    pub(super) fn new(key: usize) -> Self {
        Self {
            key,
            previous: Cell::new(ptr::null()),
            next: Cell::new(ptr::null()),
        }
    }
}

/// Threads that wait.
#[derive(Debug)]
pub(super) struct List(*const Waiting);

// SAFETY: what is in it is used only with the list locked.
unsafe impl Send for List {}

impl Default for List {
    fn default() -> Self {
        Self(ptr::null())
    }
}

impl List {
    /// # Safety
    ///
    /// `waiting` stays where it is until it is taken out.
    pub(super) unsafe fn put(&mut self, waiting: &Waiting) {
        waiting.next.set(self.0);
        // SAFETY: what is in the list is there.
        if let Some(next) = unsafe { self.0.as_ref() } {
            next.previous.set(waiting);
        }
        self.0 = waiting;
    }

    /// # Safety
    ///
    /// `waiting` is in the list.
    pub(super) unsafe fn take(&mut self, waiting: &Waiting) {
        let (previous, next) = (waiting.previous.get(), waiting.next.get());
        // SAFETY: as in put(); null at either end.
        unsafe {
            match previous.as_ref() {
                Some(previous) => previous.next.set(next),
                None => self.0 = next,
            }
            if let Some(next) = next.as_ref() {
                next.previous.set(previous);
            }
        }
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = usize> {
        // SAFETY: as in put().
        let first = unsafe { self.0.as_ref() };
        // SAFETY: as in put().
        std::iter::successors(first, |waiting| unsafe { waiting.next.get().as_ref() })
            .map(|waiting| waiting.key)
    }
}
