//! Random changes to every file system that can be written to, against a model, and then the
//! format's own checker.
//!
//! `cargo run --release -p rumpkernel-tests --bin directories -- [names] [--steps 100000]`
//!
//! Each is unmounted, checked, and read by another kernel four times on the way.

mod format;

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use rumpkernel::{Kernel, fs};
use rumpkernel_tests::Churn;

use format::{FORMATS, Format};

const ROUNDS: usize = 4;
/// Where file systems are mounted.
const POINT: &str = "/mnt";
/// Where changes are made. What a tool puts into an image besides, such as lost+found, stays alone.
const PLACE: &str = "/mnt/churn";

/// Change every file system at random, against a model, and let the format's own checker look.
#[derive(Debug, Parser)]
struct Arguments {
    /// Names of file systems, such as ext2-1k or fat32 [default: all].
    names: Vec<String>,
    /// How many changes to make in each.
    #[arg(long, default_value_t = 100_000)]
    steps: usize,
    /// What the random choices begin with.
    #[arg(long, default_value_t = 11)]
    seed: u64,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let names = &arguments.names;
    if let Some(unknown) = names
        .iter()
        .find(|&name| FORMATS.iter().all(|format| format.name != name))
    {
        let known: Vec<_> = FORMATS.iter().map(|format| format.name).collect();
        let known = known.join(", ");
        eprintln!("directories: {unknown:?} is none of the file systems {known}");
        return ExitCode::from(2);
    }
    let is_wanted =
        |format: &&Format| names.is_empty() || names.iter().any(|name| name == format.name);
    let mut code = ExitCode::SUCCESS;
    for format in FORMATS.iter().filter(is_wanted) {
        let begun = Instant::now();
        let outcome = run(format, &arguments);
        let seconds = begun.elapsed().as_secs_f64();
        let name = format.name;
        match outcome {
            Ok(()) => println!(
                "{name}: {} steps in {seconds:.1} s, all as it should be",
                arguments.steps
            ),
            Err(Stop::CannotRun(reason)) => {
                println!("{name}: not run: {reason}");
                // CI installs all tools.
                if std::env::var_os("CI").is_some() {
                    code = ExitCode::FAILURE;
                }
            }
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

fn run(format: &Format, arguments: &Arguments) -> Result<(), Stop> {
    let folder = tempfile::tempdir()?;
    let image = folder.path().join("image");
    format.make(&image).map_err(Stop::CannotRun)?;
    let kernel = boot()?;
    let mut volume = format.mount(&kernel, &image, POINT)?;
    fs::create_dir(&kernel, PLACE)?;
    let mut churn = Churn::new(&kernel, PLACE, format.limits, arguments.seed);
    for _ in 0..ROUNDS {
        churn.run(arguments.steps / ROUNDS)?;
        if format.is_in_memory() {
            continue;
        }
        volume.unmount()?;
        format.check(&image)?;
        let reader = boot()?;
        let read = format.mount(&reader, &image, POINT)?;
        churn.compare_in(&reader)?;
        read.unmount()?;
        volume = format.mount(&kernel, &image, POINT)?;
        churn.compare()?;
    }
    volume.unmount()?;
    Ok(())
}

fn boot() -> Result<Kernel, rumpkernel::Error> {
    let kernel = Kernel::builder().quiet().boot()?;
    fs::create_dir(&kernel, POINT)?;
    Ok(kernel)
}
