//! The calls that are in a kernel: who may be there with whom.
//!
//! NetBSD stops its processes before it unmounts for good. Here the callers are threads of the
//! program, which nobody can stop: so file systems are unmounted while no other short call is in
//! the kernel, and a kernel that is being shut down lets no new calls in. (With others inside,
//! unmounting waits for locks that they keep passing to each other.)
//!
//! Short calls come by the million, and calls that want to be alone seldom. So a thread notes its
//! short call in a word of its own ([`Mark`]), and looks whether somebody wants to be alone; who
//! does says so first and looks at all marks then. Between the two each has a barrier, which costs
//! nothing on the side of the short calls. While somebody is alone, short calls wait for a lock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, RwLock, RwLockReadGuard, RwLockWriteGuard};
use rumpuser_posix::{heavy_barrier, light_barrier};

/// A thread's note that it is in a short call of a kernel, in a cache line of its own.
#[derive(Debug, Default)]
#[repr(align(64))]
pub(crate) struct Mark(AtomicBool);

/// Who is in a kernel.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    closed: AtomicBool,
    /// Set while somebody is alone: short calls take the lock then.
    locked: AtomicBool,
    short: RwLock<()>,
    marks: Mutex<Vec<Arc<Mark>>>,
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
    Marked(&'a Mark),
    Shared {
        _guard: RwLockReadGuard<'a, ()>,
    },
    #[cfg(any(test, feature = "netinet", feature = "netinet6", feature = "sockin"))]
    Uncounted,
    #[cfg(any(test, feature = "vfs"))]
    Alone {
        _lone: Lone<'a>,
    },
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        if let Self::Marked(Mark(is_inside)) = self {
            is_inside.store(false, Ordering::Release);
        }
    }
}

/// A time without short calls; over when dropped.
#[derive(Debug)]
pub(crate) struct Lone<'a> {
    calls: &'a Calls,
    _guard: RwLockWriteGuard<'a, ()>,
}

impl Drop for Lone<'_> {
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

/// How often marks are looked at.
const POLL: Duration = Duration::from_micros(50);

impl Calls {
    /// Makes a mark for a thread that calls this kernel.
    pub(crate) fn mark(&self) -> Arc<Mark> {
        let mark = Arc::new(Mark::default());
        let mut marks = self.marks.lock();
        // Nobody but this list has those of threads that have ended.
        marks.retain(|mark| Arc::strong_count(mark) > 1);
        marks.push(Arc::clone(&mark));
        mark
    }

    /// Begins a short call at once, if nobody wants to be alone and calls are let in.
    #[inline]
    pub(crate) fn begin_marked<'a>(&self, mark: &'a Mark) -> Option<Call<'a>> {
        mark.0.store(true, Ordering::Relaxed);
        light_barrier();
        if self.locked.load(Ordering::Acquire) || self.closed.load(Ordering::Acquire) {
            mark.0.store(false, Ordering::Release);
            return None;
        }
        Some(Call::Marked(mark))
    }

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
                _lone: self.alone(patience).ok_or(Refusal::Busy)?,
            },
        };
        // Read with the lock held: close() sets it before it takes the lock.
        if self.closed.load(Ordering::Acquire) {
            return Err(Refusal::Closed);
        }
        Ok(call)
    }

    /// Waits until no short call is inside.
    fn alone(&self, patience: Option<Duration>) -> Option<Lone<'_>> {
        let end = patience.and_then(|patience| Instant::now().checked_add(patience));
        let guard = match patience {
            Some(patience) => self.short.try_write_for(patience),
            None => self.short.try_write(),
        }?;
        self.locked.store(true, Ordering::Relaxed);
        let lone = Lone {
            calls: self,
            _guard: guard,
        };
        heavy_barrier();
        let is_inside = |mark: &Arc<Mark>| mark.0.load(Ordering::Acquire);
        while self.marks.lock().iter().any(is_inside) {
            if end.is_none_or(|end| Instant::now() >= end) {
                return None;
            }
            thread::sleep(POLL);
        }
        Some(lone)
    }

    /// Lets no more calls in, and waits for the short ones, for as long as `patience`. False if
    /// that was done before.
    pub(crate) fn close(&self, patience: Duration) -> bool {
        if self.closed.swap(true, Ordering::AcqRel) {
            return false;
        }
        // Whoever comes after this finds the kernel closed; out of patience, nothing helps.
        drop(self.alone(Some(patience)));
        true
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    /// How many are inside when somebody is alone.
    const LONE: usize = 1 << 20;
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
    fn marked_calls_are_waited_for_and_wait() {
        let calls = Calls::default();
        let mark = calls.mark();
        let short = calls.begin_marked(&mark).unwrap();
        assert_eq!(calls.begin(Manner::Alone, None).err(), Some(Refusal::Busy));
        drop(short);
        let alone = calls.begin(Manner::Alone, None).unwrap();
        assert!(calls.begin_marked(&mark).is_none());
        drop(alone);
        let short = calls.begin_marked(&mark).unwrap();
        thread::scope(|scope| {
            let closing = scope.spawn(|| calls.close(LONG));
            while calls.begin(Manner::Endless, Some(LONG)).is_ok() {
                thread::yield_now();
            }
            assert!(!closing.is_finished(), "a call is inside");
            drop(short);
            assert!(closing.join().unwrap());
        });
        assert!(calls.begin_marked(&mark).is_none());
    }

    #[test]
    fn marks_of_threads_that_have_ended_are_forgotten() {
        let calls = Calls::default();
        let mark = calls.mark();
        for _ in 0..10 {
            drop(calls.mark());
        }
        assert_eq!(calls.marks.lock().len(), 2, "one of them is the last");
        drop(mark);
    }

    #[test]
    fn no_short_call_is_beside_a_lone_one() {
        let calls = Calls::default();
        let inside = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let mark = calls.mark();
                    for _ in 0..20_000 {
                        let short = match calls.begin_marked(&mark) {
                            Some(call) => call,
                            None => calls.begin(Manner::Short, Some(LONG)).unwrap(),
                        };
                        assert!(inside.fetch_add(1, Ordering::SeqCst) < LONE);
                        inside.fetch_sub(1, Ordering::SeqCst);
                        drop(short);
                    }
                });
            }
            for _ in 0..200 {
                let alone = calls.begin(Manner::Alone, Some(LONG)).unwrap();
                assert_eq!(inside.swap(LONE, Ordering::SeqCst), 0);
                thread::yield_now();
                assert_eq!(inside.swap(0, Ordering::SeqCst), LONE);
                drop(alone);
            }
        });
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
