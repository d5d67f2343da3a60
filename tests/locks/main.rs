//! The locks of rumpuser-posix in a model checker, and the pages that its threads take without one.
//!
//! The files `mutex.rs`, `rwlock.rs`, `condvar.rs` and `magazine.rs` are rumpuser-posix's own. What
//! they build upon is loom's here: atomics, a barrier, and queues of threads. loom runs a scenario
//! in the orders that its threads can run in, and with every value that C11 lets a load have; it
//! reports accesses to data that the lock should have ordered, and executions that do not come to
//! an end.
#![cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]

mod barrier;
mod condvar;
mod late;
mod mutex;
mod pages;
mod rwlock;
mod scenario;
#[expect(dead_code, reason = "the model needs part of the locks' functions")]
mod wait;

mod host {
    pub(crate) use crate::barrier;
}
