//! The calls that are in a kernel, and the end of letting more in.
//!
//! NetBSD stops its processes before it unmounts for good. Here the callers are threads of the
//! program, which nobody can stop: so a kernel that is being shut down lets no new calls in, and
//! waits for those inside, before its file systems are taken from under them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Who is in a kernel.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    closed: AtomicBool,
    inside: AtomicUsize,
}

/// How long a call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    /// It comes back by itself.
    Short,
    /// It may wait for ever, for a peer on the network; it holds no lock of a file system then.
    #[cfg(any(test, feature = "netinet", feature = "netinet6"))]
    Endless,
}

/// One call; over when dropped.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    counted: Option<&'a AtomicUsize>,
}

impl Calls {
    /// Begins a call, unless no more are let in.
    ///
    /// A short call is counted before the flag is read, and the flag is set before the calls are
    /// counted, both sequentially consistent: so either close() sees the call, or the call sees
    /// that it is too late.
    pub(crate) fn begin(&self, length: Length) -> Option<Call<'_>> {
        let call = Call {
            counted: (length == Length::Short).then_some(&self.inside),
        };
        if let Some(inside) = call.counted {
            inside.fetch_add(1, Ordering::SeqCst);
        }
        (!self.closed.load(Ordering::SeqCst)).then_some(call)
    }

    /// Lets no more calls in, and waits for the short ones, but no longer than `patience`. False if
    /// that was done before.
    pub(crate) fn close(&self, patience: Duration) -> bool {
        if self.closed.swap(true, Ordering::SeqCst) {
            return false;
        }
        let begin = Instant::now();
        while self.inside.load(Ordering::SeqCst) != 0 && begin.elapsed() < patience {
            thread::sleep(Duration::from_micros(50));
        }
        true
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if let Some(inside) = self.counted {
            inside.fetch_sub(1, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_waits_for_short_calls_and_refuses_more() {
        let calls = Calls::default();
        let endless = calls.begin(Length::Endless).unwrap();
        let short = calls.begin(Length::Short).unwrap();
        thread::scope(|scope| {
            let closing = scope.spawn(|| calls.close(Duration::MAX));
            while calls.begin(Length::Short).is_some() {
                thread::yield_now();
            }
            assert!(!closing.is_finished(), "a call is inside");
            drop(short);
            assert!(closing.join().unwrap());
        });
        assert!(calls.begin(Length::Endless).is_none());
        assert!(!calls.close(Duration::ZERO), "a second time");
        drop(endless);
        assert_eq!(calls.inside.load(Ordering::SeqCst), 0);
    }
}
