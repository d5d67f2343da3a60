//! The calls that are in a kernel: who may be there with whom.
//!
//! NetBSD stops its processes before it unmounts for good. Here the callers are threads of the
//! program, which nobody can stop: so file systems are unmounted while no other short call is in
//! the kernel, and a kernel that is being shut down lets no new calls in. (With others inside,
//! unmounting waits for locks that they keep passing to each other.)

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::{RwLock, RwLockReadGuard};

/// Who is in a kernel.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    closed: AtomicBool,
    short: RwLock<()>,
}

/// The kind of a call: which others it may run beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It comes back by itself.
    Short,
    /// It may wait for ever, for a peer on the network; it holds no lock of a file system then.
    #[cfg(any(test, feature = "netinet", feature = "netinet6", feature = "sockin"))]
    Endless,
    /// It comes back by itself, and no other short one is inside meanwhile.
    #[cfg(any(test, feature = "vfs"))]
    Alone,
}

/// One call; over when dropped.
#[derive(Debug)]
pub(crate) enum Call<'a> {
    Shared {
        _guard: RwLockReadGuard<'a, ()>,
    },
    #[cfg(any(test, feature = "netinet", feature = "netinet6", feature = "sockin"))]
    Uncounted,
    #[cfg(any(test, feature = "vfs"))]
    Alone {
        _guard: parking_lot::RwLockWriteGuard<'a, ()>,
    },
}

/// Why a call may not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No more calls are let in.
    Closed,
    /// Others did not come to their end.
    Busy,
}

impl Calls {
    /// Begins a call. One that wants to be alone waits for the others, for as long as `patience`;
    /// others wait for it. With no patience nobody waits.
    pub(crate) fn begin(
        &self,
        manner: Manner,
        patience: Option<Duration>,
    ) -> Result<Call<'_>, Refusal> {
        let call = match manner {
            Manner::Short => Call::Shared {
                _guard: match patience {
                    Some(_) => self.short.read(),
                    None => self.short.try_read().ok_or(Refusal::Busy)?,
                },
            },
            #[cfg(any(test, feature = "netinet", feature = "netinet6", feature = "sockin"))]
            Manner::Endless => Call::Uncounted,
            #[cfg(any(test, feature = "vfs"))]
            Manner::Alone => Call::Alone {
                _guard: match patience {
                    Some(patience) => self.short.try_write_for(patience),
                    None => self.short.try_write(),
                }
                .ok_or(Refusal::Busy)?,
            },
        };
        // Read with the lock held: close() sets it before it takes the lock.
        if self.closed.load(Ordering::Acquire) {
            return Err(Refusal::Closed);
        }
        Ok(call)
    }

    /// Lets no more calls in, and waits for the short ones, for as long as `patience`. False if
    /// that was done before.
    pub(crate) fn close(&self, patience: Duration) -> bool {
        if self.closed.swap(true, Ordering::AcqRel) {
            return false;
        }
        // Whoever comes after this guard finds the kernel closed; out of patience, nothing helps.
        drop(self.short.try_write_for(patience));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    const LONG: Duration = Duration::from_secs(1000);

    #[test]
    fn closing_waits_for_short_calls_and_refuses_more() {
        let calls = Calls::default();
        let endless = calls.begin(Manner::Endless, Some(LONG)).unwrap();
        let short = calls.begin(Manner::Short, Some(LONG)).unwrap();
        thread::scope(|scope| {
            let closing = scope.spawn(|| calls.close(LONG));
            while calls.begin(Manner::Endless, Some(LONG)).is_ok() {
                thread::yield_now();
            }
            assert!(!closing.is_finished(), "a call is inside");
            drop(short);
            assert!(closing.join().unwrap());
        });
        assert_eq!(
            calls.begin(Manner::Short, Some(LONG)).err(),
            Some(Refusal::Closed)
        );
        assert!(!calls.close(Duration::ZERO), "a second time");
        drop(endless);
    }

    #[test]
    fn alone_is_alone_among_the_short_ones() {
        let calls = Calls::default();
        let _endless = calls.begin(Manner::Endless, Some(LONG)).unwrap();
        let short = calls.begin(Manner::Short, Some(LONG)).unwrap();
        let busy = calls.begin(Manner::Alone, None).err();
        assert_eq!(busy, Some(Refusal::Busy));
        drop(short);
        let alone = calls.begin(Manner::Alone, None).unwrap();
        thread::scope(|scope| {
            let waiting = scope.spawn(|| calls.begin(Manner::Short, Some(LONG)).is_ok());
            thread::sleep(Duration::from_millis(10));
            assert!(!waiting.is_finished());
            drop(alone);
            assert!(waiting.join().unwrap());
        });
    }
}
