//! What the files of the locks expect beside them, for the model; the locks are rumpuser-posix's.

pub(crate) mod atomic;
#[path = "../../../rumpuser-posix/src/wait/condvar.rs"]
mod condvar;
#[path = "../../../rumpuser-posix/src/wait/mutex.rs"]
mod mutex;
#[path = "../../../rumpuser-posix/src/wait/object.rs"]
mod object;
mod parked;
#[path = "../../../rumpuser-posix/src/wait/rwlock.rs"]
mod rwlock;

use parking_lot_core::UnparkToken;

pub(crate) use condvar::Condvar;
pub(crate) use mutex::Mutex;
use object::Object;
pub(crate) use parked::{Fairness, Parked, Seen};
pub(crate) use rwlock::{Mode, RwLock};

pub(crate) struct Lwp;

/// How a wait ended.
pub(crate) enum Wake {
    Unparked(UnparkToken),
    TimedOut,
    Invalid,
    /// No kernel dies in the model.
    Dead,
}

#[derive(Debug)]
pub(crate) struct Dead;

/// Time that may pass at any moment.
pub(crate) struct Deadline;
