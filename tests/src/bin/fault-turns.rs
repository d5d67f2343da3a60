//! Each hypercall of a piece of work fails in turn, in each way that it can.
//!
//! `cargo run --release -p rumpkernel-tests --bin fault-turns -- [subjects] [--places 40] [--fault read]`

use std::process::ExitCode;

use clap::Parser;
use rumpkernel::{Builder, Fault};
use rumpkernel_tests::fault_turns::{Campaign, Subject};

/// Let hypercalls fail in turn, and see that kernels report it or die contained.
#[derive(Debug, Parser)]
struct Arguments {
    /// Pieces of work, such as tmpfs, ffs-log or net [default: all].
    subjects: Vec<Subject>,
    /// Faults, such as memory or sync [default: all].
    #[arg(long = "fault")]
    faults: Vec<Fault>,
    /// In how many places, spread over all that there are, each fault strikes at most.
    #[arg(long, default_value_t = 40)]
    places: u64,
    /// Only the place of this number.
    #[arg(long)]
    at: Option<u64>,
}

fn main() -> ExitCode {
    let Arguments {
        subjects,
        faults,
        places,
        at,
    } = Arguments::parse();
    let subjects = match &*subjects {
        [] => &Subject::ALL[..],
        named => named,
    };
    let faults = match &*faults {
        [] => Fault::ALL,
        named => named,
    };
    let mut code = ExitCode::SUCCESS;
    for &subject in subjects {
        let campaign = Campaign {
            subject,
            places,
            at,
            boot: Builder::boot,
        };
        for &fault in faults {
            let report = tempfile::tempdir()
                .map_err(|error| error.to_string())
                .and_then(|folder| campaign.run(fault, folder.path()));
            match report {
                Ok(report) if report.places == 0 => {}
                Ok(report) => {
                    println!("{:8} {fault:10} {report}", subject.name());
                    for trouble in &report.troubles {
                        println!("  {trouble}");
                        code = ExitCode::FAILURE;
                    }
                }
                Err(error) => {
                    eprintln!("fault-turns: {} {fault}: {error}", subject.name());
                    code = ExitCode::FAILURE;
                }
            }
        }
    }
    code
}
