//! Mounts damaged FFS images, each in a kernel of its own, and tells what the kernels died of.
//!
//! `cargo run --release -p rumpkernel-fuzz --bin damaged-images -- --count 10000`

use std::error::Error;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use clap::Parser;
use rumpkernel_examples::{FFS1_SMALL, FFS2_SMALL};
use rumpkernel_fuzz::{Bench, Damage, Findings, Outcome};

/// Mount damaged FFS images, each in a kernel of its own, and tell what the kernels died of.
#[derive(Debug, Parser)]
struct Arguments {
    /// The first damage; damages are numbered.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many damages to do.
    #[arg(long, default_value_t = 2000)]
    count: u64,
    /// How many to do at once [default: one a processor].
    #[arg(long)]
    threads: Option<NonZeroUsize>,
}

#[derive(Debug, Default)]
struct Tally {
    deaths: Mutex<Findings>,
    died: AtomicU64,
    hung: AtomicU64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let threads = arguments
        .threads
        .or_else(|| thread::available_parallelism().ok())
        .map_or(1, NonZeroUsize::get);
    let images = [FFS1_SMALL.bytes()?, FFS2_SMALL.bytes()?];
    let next = AtomicU64::new(0);
    let tally = Tally::default();
    let begun = Instant::now();
    let work = || -> io::Result<()> {
        let mut bench = Bench::new()?;
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= arguments.count {
                return Ok(());
            }
            let seed = arguments.seed.wrapping_add(number);
            let damage = Damage::new(seed);
            let mut image = images[(seed % 2) as usize].clone();
            damage.apply(&mut image);
            tally.count(damage, bench.exercise(&image)?);
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or(Ok(())))
    })?;
    let seconds = begun.elapsed().as_secs_f64();
    let deaths = tally.deaths.into_inner()?;
    println!(
        "{} damaged images in {seconds:.1} s on {threads} threads: {:.0} a second\n\
         {} kernels died, of {} different causes; {} did not come back and were killed\n",
        arguments.count,
        arguments.count as f64 / seconds,
        tally.died.into_inner(),
        deaths.len(),
        tally.hung.into_inner(),
    );
    print!("{deaths}");
    Ok(())
}

impl Tally {
    fn count(&self, damage: Damage, outcome: Outcome) {
        let (counter, death) = match outcome {
            Outcome::Survived => return,
            Outcome::Died(death) => (&self.died, death),
            Outcome::Hung(death) => (&self.hung, death),
        };
        counter.fetch_add(1, Ordering::Relaxed);
        let mut deaths = self
            .deaths
            .lock()
            .unwrap_or_else(|error| error.into_inner());
        if deaths.add(damage, &death) {
            eprintln!("damage {damage}: {death}");
        }
    }
}
