//! Forks of the process, and what they mean for kernels.
//!
//! A child has the memory of its parent's kernels, but none of their threads, and shares the
//! parent's open files. So a kernel belongs to the process in which it was made, and is dead in
//! every child. Processes are told apart by a number that a fork makes larger in the child; what
//! may block, write or unlock compares it with the number that it was made under first.
//!
//! Locks that another thread held at the time of the fork stay locked in the child. What a child
//! does with its parent's kernels takes none.

use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Never 0.
static GENERATION: AtomicU32 = AtomicU32::new(1);

/// The number of this process.
pub(crate) fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// Lets forks be noticed from now on. `in_child` runs in each child, where it may only store.
///
/// C programs that know nothing of instances go without: they fork as with the C library, and at
/// their own risk.
pub(crate) fn watch(in_child: fn()) -> io::Result<()> {
    static WATCHED: AtomicBool = AtomicBool::new(false);
    static IN_CHILD: OnceLock<fn()> = OnceLock::new();

    extern "C" fn child() {
        GENERATION.fetch_add(1, Ordering::Relaxed);
        if let Some(in_child) = IN_CHILD.get() {
            in_child();
        }
    }

    if WATCHED.load(Ordering::Relaxed) {
        return Ok(());
    }
    IN_CHILD.get_or_init(|| in_child);
    // Of two threads that come here at once each may register the handler: counting twice is no
    // harm.
    // SAFETY: the handler does nothing but store, as `in_child` may not do more either.
    match unsafe { libc::pthread_atfork(None, None, Some(child)) } {
        0 => {
            WATCHED.store(true, Ordering::Relaxed);
            Ok(())
        }
        error => Err(io::Error::from_raw_os_error(error)),
    }
}
