//! Many images on several threads, and what came of them.

use std::fmt;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use rumpkernel_fuzz::{Access, Bench, Findings, Format, Image, Outcome, hand_out};

/// Counts of outcomes.
#[derive(Debug, Default)]
struct Tally {
    deaths: Mutex<Findings>,
    refused: AtomicU64,
    died: AtomicU64,
    hung: AtomicU64,
}

/// Exercises `count` images, which `image` makes from their numbers, and prints what happened.
/// Returns how many kernels died or hung.
pub(crate) fn run<D: fmt::Display>(
    count: u64,
    threads: Option<NonZeroUsize>,
    access: Access,
    image: impl Fn(u64) -> (D, Format, Image) + Sync,
) -> io::Result<u64> {
    let tally = Tally::default();
    let begun = Instant::now();
    let threads = hand_out(count, threads, |numbers| {
        let mut bench = Bench::new()?;
        for number in numbers {
            let (damage, format, image) = image(number);
            tally.count(damage, bench.exercise(format, &image, access)?);
        }
        Ok(())
    })?;
    let seconds = begun.elapsed().as_secs_f64();
    let deaths = tally
        .deaths
        .into_inner()
        .unwrap_or_else(|error| error.into_inner());
    let (died, hung) = (tally.died.into_inner(), tally.hung.into_inner());
    println!(
        "{count} damaged images in {seconds:.1} s on {threads} threads: {:.0} a second; {} were refused\n\
         {died} kernels died, of {} different causes; {hung} did not come back and were killed",
        count as f64 / seconds,
        tally.refused.into_inner(),
        deaths.len(),
    );
    print!("{deaths}");
    Ok(died + hung)
}

impl Tally {
    fn count(&self, damage: impl fmt::Display, outcome: Outcome) {
        let (counter, death) = match outcome {
            Outcome::Mounted => return,
            Outcome::Refused(_) => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                return;
            }
            Outcome::Died(death) => (&self.died, death),
            Outcome::Hung(death) => (&self.hung, death),
        };
        counter.fetch_add(1, Ordering::Relaxed);
        let mut deaths = self
            .deaths
            .lock()
            .unwrap_or_else(|error| error.into_inner());
        if deaths.add(&damage, &death) {
            eprintln!("damage {damage}: {death}");
        }
    }
}
