//! Numbers for host threads, which unlike the host's own are never used again.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

thread_local! {
    // Without destructor: the kernel is called from destructors of thread-locals.
    static THREAD: Cell<usize> = const { Cell::new(0) };
}

/// A number that no other thread of the process has or had (on a 32-bit machine: of the last four
/// thousand million).
pub(crate) fn thread_id() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    let id = THREAD.get();
    if id != 0 {
        return id;
    }
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    THREAD.set(id);
    id
}
