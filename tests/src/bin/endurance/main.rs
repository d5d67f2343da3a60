//! Thousands of kernels in one process: what it has afterwards is what it had before.
//!
//! `cargo run --release -p rumpkernel-tests --bin endurance -- [boots|deaths] [count]`

mod boots;
mod deaths;

use std::error::Error;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use rumpkernel_tests::Footprint;

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;
/// What is done with one kernel, given its number.
type Life = fn(usize) -> Outcome;

const LIVES: [(&str, Life); 2] = [("boots", boots::live), ("deaths", deaths::live)];
const COUNT: usize = 10_000;
/// So many kernels come first, until allocators and caches have what they want.
const WARM_UP: usize = 500;
/// What resident memory may grow by, for the allocator's sake: two hundred bytes a kernel.
const KILOBYTES: u64 = 2 << 10;
/// Its heap comes and goes, a few mappings each time; a kernel has a hundred.
const MAPPINGS: usize = 80;

fn main() -> ExitCode {
    // Threads by the ten thousand leave what they freed strewn over several arenas, some megabytes more or less.
    #[cfg(target_env = "gnu")]
    // SAFETY: it takes two numbers, and no other thread allocates yet.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 1)
    };
    let mut arguments = std::env::args().skip(1);
    let wanted = arguments.next();
    let count = match arguments.next().map(|count| count.parse()) {
        None => COUNT,
        Some(Ok(count)) => count,
        Some(Err(error)) => {
            eprintln!("endurance: the second argument is a number of kernels: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut code = ExitCode::SUCCESS;
    for (name, life) in LIVES {
        if wanted.as_deref().is_none_or(|wanted| wanted == name)
            && let Err(error) = endure(name, life, count)
        {
            eprintln!("endurance: {name}: {error}");
            code = ExitCode::FAILURE;
        }
    }
    code
}

fn endure(name: &str, life: Life, count: usize) -> Outcome {
    crowd(life, WARM_UP)?;
    let before = Footprint::settled()?;
    let begun = Instant::now();
    crowd(life, count)?;
    let seconds = begun.elapsed().as_secs_f64();
    let after = Footprint::settled()?;
    println!(
        "{name}: {count} kernels in {seconds:.1} s, {:.0} a second\n  before {before}\n  after  {after}",
        count as f64 / seconds
    );
    Ok(after.compare(&before, KILOBYTES, MAPPINGS)?)
}

/// Kernels one after another, on as many threads as there are processors.
fn crowd(life: Life, count: usize) -> Outcome {
    let next = AtomicUsize::new(0);
    let work = || -> Outcome {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return Ok(());
            }
            life(number).map_err(|error| format!("kernel {number}: {error}"))?;
        }
    };
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| {
            worker
                .join()
                .unwrap_or_else(|_| Err("a thread panicked".into()))
        })
    })
}
