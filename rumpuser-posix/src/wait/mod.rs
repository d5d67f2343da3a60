//! Waiting in hypercalls: parking, deadlines, turns, locks, and what ends all of it when a kernel
//! dies.

#[cfg(feature = "_bell")]
pub(crate) mod bell;
mod condvar;
mod mutex;
mod object;
mod parked;
mod patience;
mod rwlock;
mod thread_id;
mod turns;
mod waiting;

/// The atomics of locks. In `tests/locks`, which compiles the same files, they are loom's.
mod atomic {
    pub(super) use std::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};
}

use std::time::{Duration, Instant};

use parking_lot_core::UnparkToken;

pub(crate) use condvar::Condvar;
pub(crate) use mutex::Mutex;
pub(crate) use object::Object;
pub(crate) use parked::Parked;
pub(crate) use rwlock::{Mode, RwLock};
pub(crate) use thread_id::thread_id;
pub(crate) use turns::{LATEST, Turns};

/// The kernel's thread structure, known by its address only.
#[repr(C)]
pub(crate) struct Lwp {
    _opaque: [u8; 0],
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    /// Another thread ended it, and gave this token.
    Unparked(UnparkToken),
    /// The deadline passed.
    TimedOut,
    /// `validate` said that there is nothing to wait for.
    Invalid,
    /// The kernel is dead. What the thread waited for has not happened.
    Dead,
}

/// Proof that the kernel was seen dead: the thread has to leave it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dead;

/// When a wait is over, in the kernel's own time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deadline {
    /// On a clock that runs.
    Host(Instant),
    /// On a clock that is moved by hand, since 1970.
    Hand(Duration),
}
