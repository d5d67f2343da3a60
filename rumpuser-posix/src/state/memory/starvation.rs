//! A kernel that has run out of memory, and has nothing left to give back.
//!
//! Its calls wait then, for ever: on a machine somebody would end a process. One that has a limit
//! says so once a second, when its page daemon has tried everything it can, while somebody waits
//! and nothing is on its way to a disk; one that has none asks the host again and again. When that
//! goes on, and nobody has got memory meanwhile, the kernel ends here, with that as its reason.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

/// What the page daemon says; in all snapshots.
const COMPLAINT: &[u8] = b"pagedaemoness: failed to reclaim memory";

/// Whether the page daemon says in this text that it can do no more.
pub(crate) fn is_complaint(text: &[u8]) -> bool {
    text.starts_with(COMPLAINT)
}

/// How long the calls of a kernel wait for memory that nobody gives back, by its clock; then the
/// kernel is dead ([`DeathKind::Panic`](crate::DeathKind::Panic)). `None` is for ever.
///
/// Ten seconds by default. The page daemon tries ten times in that time, and memory that is being
/// written to a slow disk counts as on its way. A host that has no memory for longer than that
/// seldom has some later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryPatience(pub Option<Duration>);

impl Default for MemoryPatience {
    fn default() -> Self {
        Self(Some(Duration::from_secs(10)))
    }
}

/// When a kernel found no memory, by its clock.
#[derive(Clone, Copy, Debug)]
struct Span {
    first: Duration,
    last: Duration,
}

/// Since when a kernel has got no memory although it waits for some.
#[derive(Debug, Default)]
pub(crate) struct Starvation {
    span: Mutex<Option<Span>>,
    fed: AtomicBool,
}

impl Starvation {
    /// Who waits asks more often than this.
    const PAUSE: Duration = Duration::from_secs(3);

    /// The kernel has got memory.
    pub(crate) fn end(&self) {
        // Mostly it has before: a store would take the cache line from the other threads.
        if !self.fed.load(Ordering::Relaxed) {
            self.fed.store(true, Ordering::Relaxed);
        }
    }

    /// The kernel has found none: for how long now.
    pub(crate) fn go_on(&self, now: Duration) -> Duration {
        let mut span = self.span.lock();
        let fed = self.fed.swap(false, Ordering::Relaxed);
        let goes_on = |span: &Span| !fed && now.saturating_sub(span.last) <= Self::PAUSE;
        let first = span.filter(goes_on).map_or(now, |span| span.first);
        *span = Some(Span { first, last: now });
        now.saturating_sub(first)
    }
}
