//! Numbered work on several threads.

use std::io;
use std::num::NonZeroUsize;
use std::panic;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// The numbers that one thread gets of those that all threads share.
#[derive(Debug)]
pub struct Numbers<'a> {
    next: &'a AtomicU64,
    count: u64,
}

impl Iterator for Numbers<'_> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        (number < self.count).then_some(number)
    }
}

/// Runs `work` on several threads, one a processor by default, and hands out the numbers below
/// `count` to them, each once. Returns the number of threads.
///
/// # Errors
///
/// The first error of a thread's, after the others have done the rest.
///
/// # Panics
///
/// If a thread panics: its number would be missing from the result.
pub fn hand_out(
    count: u64,
    threads: Option<NonZeroUsize>,
    work: impl Fn(Numbers<'_>) -> io::Result<()> + Sync,
) -> io::Result<usize> {
    let threads = threads
        .or_else(|| thread::available_parallelism().ok())
        .map_or(1, NonZeroUsize::get);
    let next = AtomicU64::new(0);
    let worker = || work(Numbers { next: &next, count });
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().try_for_each(|worker| {
            worker
                .join()
                .unwrap_or_else(|panic| panic::resume_unwind(panic))
        })
    })?;
    Ok(threads)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    const THREE: Option<NonZeroUsize> = NonZeroUsize::new(3);

    #[test]
    fn each_number_is_handed_out_once() {
        let all = Mutex::new(Vec::new());
        let threads = hand_out(1000, THREE, |numbers| {
            for number in numbers {
                all.lock().unwrap().push(number);
            }
            Ok(())
        });
        assert_eq!(threads.unwrap(), 3);
        let mut all = all.into_inner().unwrap();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..1000));
    }

    #[test]
    fn an_error_of_one_thread_is_told_and_the_others_go_on() {
        let done = AtomicU64::new(0);
        let outcome = hand_out(100, THREE, |numbers| {
            for number in numbers {
                if number == 7 {
                    return Err(io::Error::other("seven"));
                }
                done.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        });
        assert_eq!(outcome.unwrap_err().to_string(), "seven");
        assert_eq!(done.into_inner(), 99);
    }

    #[test]
    #[should_panic(expected = "seven")]
    fn a_panic_of_one_thread_is_not_lost() {
        let _outcome = hand_out(100, THREE, |mut numbers| {
            assert!(numbers.all(|number| number != 7), "seven");
            Ok(())
        });
    }
}
