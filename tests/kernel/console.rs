//! What the kernels of a test print, for the case that it fails.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

thread_local! {
    /// The log of the test that this thread runs; none in a process of the test's own, and on the
    /// threads that a test starts.
    static LOG: RefCell<Option<Log>> = const { RefCell::new(None) };
}

/// What was printed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// Begins the log of the test that the calling thread is about to run.
pub(crate) fn begin() -> Log {
    let log = Log::default();
    LOG.with_borrow_mut(|current| *current = Some(log.clone()));
    log
}

/// A sink for a kernel that this thread boots.
pub(crate) fn sink() -> impl FnMut(&[u8]) + Send + 'static {
    let log = LOG.with_borrow(Clone::clone);
    move |line| match &log {
        Some(Log(bytes)) => bytes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(line),
        None => eprint!("{}", String::from_utf8_lossy(line)),
    }
}
