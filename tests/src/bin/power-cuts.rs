//! Losses of power by the thousand: what was called durable is there, whatever the disk did with
//! the rest.
//!
//! `cargo run --release -p rumpkernel-tests --bin power-cuts -- [formats] [--cuts 1000] [--seed 1]`

use std::process::ExitCode;

use clap::Parser;
use rumpkernel::Builder;
use rumpkernel_tests::power_cut::{Campaign, Format, Report};

/// So many random cuts are made in one piece of work, and as many at flushes.
const EACH: usize = 50;

/// Cut the power at random while files are written, and look for what was called durable.
#[derive(Debug, Parser)]
struct Arguments {
    /// Formats, such as ext2 or ffs-log [default: all].
    formats: Vec<Format>,
    /// How many cuts to make at random; nearly as many are made at flushes, and some at each write
    /// of a first mount.
    #[arg(long, default_value_t = 1000)]
    cuts: usize,
    /// What the random choices begin with.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    let Arguments {
        formats,
        cuts,
        seed,
    } = Arguments::parse();
    let formats = match &*formats {
        [] => &Format::ALL[..],
        named => named,
    };
    let mut code = ExitCode::SUCCESS;
    for &format in formats {
        match run(format, cuts, seed) {
            Ok(report) => {
                println!("{}: {report}", format.name());
                for trouble in &report.troubles {
                    println!("  {trouble}");
                    code = ExitCode::FAILURE;
                }
            }
            Err(error) => {
                eprintln!("power-cuts: {}: {error}", format.name());
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}

fn run(format: Format, cuts: usize, seed: u64) -> Result<Report, String> {
    let mut all = Report::default();
    for round in 0..cuts.div_ceil(EACH) as u64 {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let campaign = Campaign {
            format,
            cuts: EACH.min(cuts - EACH * round as usize),
            flushes: EACH,
            operations: 150,
            seed: seed.wrapping_mul(1_000_003).wrapping_add(round),
        };
        all.add(campaign.run(folder.path(), Builder::boot)?);
        let first = tempfile::tempdir().map_err(|error| error.to_string())?;
        all.add(campaign.run_first_mount(first.path(), Builder::boot)?);
    }
    Ok(all)
}
