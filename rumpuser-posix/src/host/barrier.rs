//! Barriers of which one side is free.
//!
//! Two threads each write a word and then read the other's. That at least one sees what the other
//! has written takes a full barrier in both, which costs as much as an atomic exchange. Where the
//! host can make all threads of the process pass a barrier (membarrier(2)), the side that comes
//! often needs only that its compiler keeps the order ([`light`]), and the other side does the rest
//! ([`heavy`]).

use std::sync::atomic::{AtomicBool, Ordering, compiler_fence, fence};

use crate::host;

static ASYMMETRIC: AtomicBool = AtomicBool::new(false);

/// Asks the host for such barriers. They are there before the first kernel is, or never.
pub(crate) fn set_up() {
    if !ASYMMETRIC.load(Ordering::Relaxed) && host::register_barrier() {
        ASYMMETRIC.store(true, Ordering::SeqCst);
    }
}

/// Returns whether the host has barriers for all threads, so that [`light`] costs nothing.
#[inline]
pub(crate) fn is_asymmetric() -> bool {
    ASYMMETRIC.load(Ordering::Relaxed)
}

/// A barrier, if every thread on the other side has a [`heavy`] one.
#[inline]
pub fn light() {
    if is_asymmetric() {
        compiler_fence(Ordering::SeqCst);
    } else {
        fence(Ordering::SeqCst);
    }
}

/// A barrier for this thread, and for all that have a [`light`] one.
pub fn heavy() {
    fence(Ordering::SeqCst);
    if is_asymmetric() {
        host::barrier_in_all_threads();
    }
}
