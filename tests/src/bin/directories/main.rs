//! Random changes to every file system that can be written to, against a model, and then the
//! format's own checker.
//!
//! `cargo run --release -p rumpkernel-tests --bin directories -- [steps] [name]`
//!
//! Each is unmounted, checked, and read by another kernel four times on the way. The full length is
//! 100,000 steps.

mod format;

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use rumpkernel::{Kernel, fs};
use rumpkernel_tests::{Churn, Volume};

use format::{FORMATS, Format};

const STEPS: usize = 100_000;
const ROUNDS: usize = 4;
const SEED: u64 = 11;
/// Where changes are made. What a tool puts into an image besides, such as lost+found, stays alone.
const PLACE: &str = "/mnt/churn";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let steps = match arguments.next().map(|steps| steps.parse()) {
        None => STEPS,
        Some(Ok(steps)) => steps,
        Some(Err(error)) => {
            eprintln!("directories: the first argument is a number of steps: {error}");
            return ExitCode::FAILURE;
        }
    };
    let wanted = arguments.next();
    let is_wanted = |format: &&Format| wanted.as_deref().is_none_or(|name| format.name == name);
    let mut code = ExitCode::SUCCESS;
    for format in FORMATS.iter().filter(is_wanted) {
        let begun = Instant::now();
        let outcome = run(format, steps);
        let seconds = begun.elapsed().as_secs_f64();
        let name = format.name;
        match outcome {
            Ok(()) => println!("{name}: {steps} steps in {seconds:.1} s, all as it should be"),
            Err(Stop::CannotRun(reason)) => println!("{name}: not run: {reason}"),
            Err(Stop::Failed(reason)) => {
                println!("{name}: {reason}");
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}

/// Why a campaign ended early.
enum Stop {
    /// A tool is missing.
    CannotRun(String),
    Failed(String),
}

impl<E: ToString> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.to_string())
    }
}

fn run(format: &Format, steps: usize) -> Result<(), Stop> {
    let folder = tempfile::tempdir()?;
    let image = folder.path().join("image");
    format.make(&image).map_err(Stop::CannotRun)?;
    let kernel = boot()?;
    let mut volume = mount(&kernel, format, &image)?;
    fs::create_dir(&kernel, PLACE)?;
    let mut churn = Churn::new(&kernel, PLACE, format.limits, SEED);
    for _ in 0..ROUNDS {
        churn.run(steps / ROUNDS)?;
        if format.is_in_memory() {
            continue;
        }
        volume.unmount()?;
        format.check(&image)?;
        let reader = boot()?;
        let read = mount(&reader, format, &image)?;
        churn.compare_in(&reader)?;
        read.unmount()?;
        volume = mount(&kernel, format, &image)?;
        churn.compare()?;
    }
    volume.unmount()?;
    Ok(())
}

fn boot() -> Result<Kernel, rumpkernel::Error> {
    let kernel = Kernel::builder().quiet().boot()?;
    fs::create_dir(&kernel, "/mnt")?;
    Ok(kernel)
}

fn mount<'a>(kernel: &'a Kernel, format: &Format, image: &Path) -> Result<Volume<'a>, String> {
    Volume::mount(kernel, format.kind, image, "/mnt", format.flags)
}
