//! The calls that are in a kernel: who may be there with whom.
//!
//! NetBSD stops its processes before it unmounts for good. Here the callers are threads of the
//! program, which nobody can stop: so file systems are unmounted while no other short call is in
//! the kernel, and a kernel that is being shut down lets no new calls in. (With others inside,
//! unmounting waits for locks that they keep passing to each other.)
//!
//! Short calls come by the million, and exclusive ones seldom. So a thread notes its short call in
//! a word of its own ([`Presence`]), and then looks whether somebody asks to be exclusive; who does
//! says so first, and then looks at all presences. Between the two each has a barrier, which costs
//! nothing on the side of the short calls. During an exclusive call short ones wait for a lock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard};
use rumpuser_posix::{heavy_barrier, light_barrier};

use crate::backend::CallKind;

/// A thread's note that it is in a short call of a kernel, in a cache line of its own.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(crate) struct Presence(AtomicBool);

/// Who is in a kernel.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    closed: AtomicBool,
    /// Set during an exclusive call: short calls take the lock then.
    locked: AtomicBool,
    short: RwLock<()>,
    presences: Mutex<Vec<Arc<Presence>>>,
}

/// One call; over when dropped.
#[derive(Debug)]
pub(crate) enum Call<'a> {
    Present(&'a Presence),
    Shared {
        _guard: RwLockReadGuard<'a, ()>,
    },
    #[cfg(any(
        test,
        feature = "netinet",
        feature = "netinet6",
        feature = "sockin",
        feature = "vfs"
    ))]
    Uncounted,
    #[cfg(any(test, feature = "vfs"))]
    Exclusive {
        _turn: ExclusiveTurn<'a>,
    },
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if let Self::Present(Presence(is_inside)) = self {
            is_inside.store(false, Ordering::Release);
        }
    }
}

/// A time without short calls; over when dropped.
#[derive(Debug)]
pub(crate) struct ExclusiveTurn<'a> {
    calls: &'a Calls,
    _guard: RwLockWriteGuard<'a, ()>,
}

impl Drop for ExclusiveTurn<'_> {
    fn drop(&mut self) {
        self.calls.locked.store(false, Ordering::Release);
    }
}

/// Why a call may not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// No more calls are let in.
    Closed,
    /// Others did not come to their end.
    Busy,
}

/// How often presences are looked at.
const POLL: Duration = Duration::from_micros(50);

impl Calls {
    /// Makes a presence for a thread that calls this kernel.
    pub(crate) fn presence(&self) -> Arc<Presence> {
        let presence = Arc::new(Presence::default());
        let mut presences = self.presences.lock();
        // Nobody but this list has those of threads that have ended.
        presences.retain(|presence| Arc::strong_count(presence) > 1);
        presences.push(Arc::clone(&presence));
        presence
    }

    /// Begins a short call at once, if nobody asks to be exclusive and calls are let in.
    #[inline]
    pub(crate) fn begin_present<'a>(&self, presence: &'a Presence) -> Option<Call<'a>> {
        presence.0.store(true, Ordering::Relaxed);
        light_barrier();
        if self.locked.load(Ordering::Acquire) || self.closed.load(Ordering::Acquire) {
            presence.0.store(false, Ordering::Release);
            return None;
        }
        Some(Call::Present(presence))
    }

    /// Begins a call. An exclusive one waits for the others, for as long as `patience`;
    /// others wait for it. With no patience nobody waits.
    pub(crate) fn begin(
        &self,
        kind: CallKind,
        patience: Option<Duration>,
    ) -> Result<Call<'_>, Refusal> {
        let call = match kind {
            CallKind::Short => Call::Shared {
                _guard: match patience {
                    Some(_) => self.short.read(),
                    None => self.short.try_read().ok_or(Refusal::Busy)?,
                },
            },
            #[cfg(any(
                test,
                feature = "netinet",
                feature = "netinet6",
                feature = "sockin",
                feature = "vfs"
            ))]
            CallKind::Endless => Call::Uncounted,
            #[cfg(any(test, feature = "vfs"))]
            CallKind::Exclusive => Call::Exclusive {
                _turn: self.exclude(patience).ok_or(Refusal::Busy)?,
            },
        };
        // Read with the lock held: close() sets it before it takes the lock.
        if self.closed.load(Ordering::Acquire) {
            return Err(Refusal::Closed);
        }
        Ok(call)
    }

    /// Waits until no short call is inside.
    fn exclude(&self, patience: Option<Duration>) -> Option<ExclusiveTurn<'_>> {
        let end = patience.and_then(|patience| Instant::now().checked_add(patience));
        let guard = match patience {
            Some(patience) => self.short.try_write_for(patience),
            None => self.short.try_write(),
        }?;
        self.locked.store(true, Ordering::Relaxed);
        let turn = ExclusiveTurn {
            calls: self,
            _guard: guard,
        };
        heavy_barrier();
        let is_inside = |presence: &Arc<Presence>| presence.0.load(Ordering::Acquire);
        while self.presences.lock().iter().any(is_inside) {
            if end.is_none_or(|end| Instant::now() >= end) {
                return None;
            }
            thread::sleep(POLL);
        }
        Some(turn)
    }

    /// Lets no more calls in, and waits for the short ones, for as long as `patience`. False if
    /// that was done before.
    pub(crate) fn close(&self, patience: Duration) -> bool {
        if self.closed.swap(true, Ordering::AcqRel) {
            return false;
        }
        // Whoever comes after this finds the kernel closed; out of patience, nothing helps.
        drop(self.exclude(Some(patience)));
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    /// How many are inside during an exclusive call.
    const EXCLUSIVE: usize = 1 << 20;
    const LONG: Duration = Duration::from_secs(1000);

    #[test]
    fn closing_waits_for_short_calls_and_refuses_more() {
        let calls = Calls::default();
        let endless = calls.begin(CallKind::Endless, Some(LONG)).unwrap();
        let short = calls.begin(CallKind::Short, Some(LONG)).unwrap();
        thread::scope(|scope| {
            let closing = scope.spawn(|| calls.close(LONG));
            while calls.begin(CallKind::Endless, Some(LONG)).is_ok() {
                thread::yield_now();
            }
            assert!(!closing.is_finished(), "a call is inside");
            drop(short);
            assert!(closing.join().unwrap());
        });
        assert_eq!(
            calls.begin(CallKind::Short, Some(LONG)).err(),
            Some(Refusal::Closed)
        );
        assert!(!calls.close(Duration::ZERO), "a second time");
        drop(endless);
    }

    #[test]
    fn present_threads_are_waited_for_and_wait() {
        let calls = Calls::default();
        let presence = calls.presence();
        let short = calls.begin_present(&presence).unwrap();
        assert_eq!(
            calls.begin(CallKind::Exclusive, None).err(),
            Some(Refusal::Busy)
        );
        drop(short);
        let exclusive = calls.begin(CallKind::Exclusive, None).unwrap();
        assert!(calls.begin_present(&presence).is_none());
        drop(exclusive);
        let short = calls.begin_present(&presence).unwrap();
        thread::scope(|scope| {
            let closing = scope.spawn(|| calls.close(LONG));
            while calls.begin(CallKind::Endless, Some(LONG)).is_ok() {
                thread::yield_now();
            }
            assert!(!closing.is_finished(), "a call is inside");
            drop(short);
            assert!(closing.join().unwrap());
        });
        assert!(calls.begin_present(&presence).is_none());
    }

    #[test]
    fn presences_of_threads_that_have_ended_are_forgotten() {
        let calls = Calls::default();
        let presence = calls.presence();
        for _ in 0..10 {
            drop(calls.presence());
        }
        assert_eq!(calls.presences.lock().len(), 2, "one of them is the last");
        drop(presence);
    }

    #[test]
    fn no_short_call_is_beside_an_exclusive_one() {
        let calls = Calls::default();
        let inside = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let presence = calls.presence();
                    for _ in 0..20_000 {
                        let short = match calls.begin_present(&presence) {
                            Some(call) => call,
                            None => calls.begin(CallKind::Short, Some(LONG)).unwrap(),
                        };
                        assert!(inside.fetch_add(1, Ordering::SeqCst) < EXCLUSIVE);
                        inside.fetch_sub(1, Ordering::SeqCst);
                        drop(short);
                    }
                });
            }
            for _ in 0..200 {
                let exclusive = calls.begin(CallKind::Exclusive, Some(LONG)).unwrap();
                assert_eq!(inside.swap(EXCLUSIVE, Ordering::SeqCst), 0);
                thread::yield_now();
                assert_eq!(inside.swap(0, Ordering::SeqCst), EXCLUSIVE);
                drop(exclusive);
            }
        });
    }

    #[test]
    fn exclusive_calls_exclude_short_ones() {
        let calls = Calls::default();
        let _endless = calls.begin(CallKind::Endless, Some(LONG)).unwrap();
        let short = calls.begin(CallKind::Short, Some(LONG)).unwrap();
        let busy = calls.begin(CallKind::Exclusive, None).err();
        assert_eq!(busy, Some(Refusal::Busy));
        drop(short);
        let exclusive = calls.begin(CallKind::Exclusive, None).unwrap();
        thread::scope(|scope| {
            let waiting = scope.spawn(|| calls.begin(CallKind::Short, Some(LONG)).is_ok());
            thread::sleep(Duration::from_millis(10));
            assert!(!waiting.is_finished());
            drop(exclusive);
            assert!(waiting.join().unwrap());
        });
    }
}
