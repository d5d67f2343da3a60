//! How long a thread looks for its wake-up itself before it sleeps.
//!
//! To put a thread to sleep and to wake it takes longer than much of what threads wait for, above
//! all if it sleeps on another processor. A thread whose waits are short looks for about as long as
//! they last, and gives way to other threads meanwhile; one whose waits are long does not look at
//! all. Hypervisors that poll before they halt a processor learn in the same way.

use std::cell::Cell;
use std::thread;
use std::time::{Duration, Instant};

/// What it takes to wake a thread that sleeps, on a virtual machine.
const LONGEST: Duration = Duration::from_micros(50);
const SHORTEST: Duration = Duration::from_micros(10);

thread_local! {
    // Without destructor: the kernel is called from destructors of thread-locals.
    static PATIENCE: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// Runs `wait`, a wait for another thread, which may look for the wake-up first as
/// [`look`] does. Learns from how long it takes.
pub(super) fn learn<R>(wait: impl FnOnce() -> R) -> R {
    let begin = Instant::now();
    let result = wait();
    let patience = PATIENCE.get();
    PATIENCE.set(if begin.elapsed() <= LONGEST {
        (patience * 2).clamp(SHORTEST, LONGEST)
    } else if patience > SHORTEST {
        patience / 2
    } else {
        Duration::ZERO
    });
    result
}

/// Looks whether `is_over`, for as long as the calling thread has patience.
pub(super) fn look(is_over: impl Fn() -> bool) {
    let patience = PATIENCE.get();
    if patience.is_zero() {
        return;
    }
    let begin = Instant::now();
    while !is_over() && begin.elapsed() < patience {
        thread::yield_now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_waits_are_looked_for_and_long_ones_are_not() {
        let waits = |time| learn(|| thread::sleep(time));
        assert_eq!(PATIENCE.get(), Duration::ZERO);
        learn(|| ());
        assert_eq!(PATIENCE.get(), SHORTEST);
        for _ in 0..9 {
            learn(|| ());
        }
        assert_eq!(PATIENCE.get(), LONGEST);
        for _ in 0..9 {
            waits(Duration::from_millis(1));
        }
        assert_eq!(PATIENCE.get(), Duration::ZERO);
    }
}
