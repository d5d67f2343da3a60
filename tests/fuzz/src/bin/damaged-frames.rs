//! Sends damaged frames to kernels, and tells what these died of.
//!
//! `cargo run --release -p rumpkernel-fuzz --bin damaged-frames -- --batches 500` sends five
//! hundred batches, each to a kernel of its own; `… -- --batch 17 --shrink` finds the guilty frames
//! of one. It fails when a kernel died.

use std::error::Error;
use std::io;
use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use clap::Parser;
use rumpkernel_fuzz::{Batch, Findings, Survival, hand_out};

/// Send damaged frames to kernels, and tell what these died of.
#[derive(Debug, Parser)]
struct Arguments {
    /// The first batch; batches are numbered.
    #[arg(long, default_value_t = 0)]
    batch: u64,
    /// How many batches.
    #[arg(long, default_value_t = 100)]
    batches: u64,
    /// How many frames a batch has, at least.
    #[arg(long, default_value_t = 2000)]
    frames: u64,
    /// Leave out frames of the first batch for as long as its kernel dies, and print the rest.
    #[arg(long)]
    shrink: bool,
    /// How many batches to send at once [default: one a processor].
    #[arg(long)]
    threads: Option<NonZeroUsize>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    if arguments.shrink {
        arguments.shrink()?;
    } else {
        arguments.send()?;
    }
    Ok(())
}

impl Arguments {
    fn batch(&self, number: u64) -> Batch {
        Batch {
            number: self.batch.wrapping_add(number),
            frames: self.frames,
        }
    }

    fn send(&self) -> io::Result<()> {
        let sent = AtomicU64::new(0);
        let (died, hung) = (AtomicU64::new(0), AtomicU64::new(0));
        let findings = Mutex::new(Findings::default());
        let begun = Instant::now();
        let threads = hand_out(self.batches, self.threads, |numbers| {
            for number in numbers {
                let batch = self.batch(number);
                let delivery = batch.deliver()?;
                sent.fetch_add(delivery.frames.len() as u64, Ordering::Relaxed);
                let (counter, death) = match delivery.survival {
                    Survival::Lived => continue,
                    Survival::Died(death) => (&died, death),
                    Survival::Hung(death) => (&hung, death),
                };
                counter.fetch_add(1, Ordering::Relaxed);
                let mut findings = findings.lock().unwrap_or_else(|error| error.into_inner());
                if findings.add(batch.number, &death) {
                    eprintln!("batch {}: {death}", batch.number);
                }
            }
            Ok(())
        })?;
        let findings = findings
            .into_inner()
            .unwrap_or_else(|error| error.into_inner());
        println!(
            "{} frames in {} batches in {:.1} s on {threads} threads\n\
             {} kernels died and {} hung, of {} different causes",
            sent.into_inner(),
            self.batches,
            begun.elapsed().as_secs_f64(),
            died.into_inner(),
            hung.into_inner(),
            findings.len(),
        );
        print!("{findings}");
        if findings.is_empty() {
            Ok(())
        } else {
            Err(io::Error::other("frames ended kernels"))
        }
    }

    /// Leaves out ever smaller parts.
    fn shrink(&self) -> io::Result<()> {
        let batch = self.batch(0);
        let delivery = batch.deliver()?;
        let (mut frames, mut last) = match delivery.survival {
            Survival::Lived => {
                println!("batch {} kills no kernel", batch.number);
                return Ok(());
            }
            Survival::Died(death) | Survival::Hung(death) => (delivery.frames, death),
        };
        let mut part = frames.len().div_ceil(2);
        loop {
            let mut at = 0;
            while at < frames.len() {
                let end = (at + part).min(frames.len());
                let rest = || frames[..at].iter().chain(&frames[end..]);
                match batch.deliver_only(rest())? {
                    Survival::Lived => at = end,
                    Survival::Died(death) | Survival::Hung(death) => {
                        frames = rest().cloned().collect();
                        last = death;
                        eprintln!("{} frames", frames.len());
                    }
                }
            }
            if part == 1 {
                break;
            }
            part = part.div_ceil(2);
        }
        let mut findings = Findings::default();
        findings.add(batch.number, &last);
        println!("{} frames of batch {}", frames.len(), batch.number);
        for frame in frames {
            let bytes: Vec<_> = frame.iter().map(|byte| format!("{byte:02x}")).collect();
            println!("{}", bytes.concat());
        }
        print!("{findings}");
        Ok(())
    }
}
