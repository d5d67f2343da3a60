//! Losses of power by the thousand: what was called durable is there, whatever the disk did with
//! the rest.
//!
//! `cargo run --release -p rumpkernel-tests --bin power-cuts -- [format|all] [cuts] [seed]`

use std::process::ExitCode;

use rumpkernel::Builder;
use rumpkernel_tests::power_cut::{Campaign, Format, Report};

const CUTS: usize = 1000;
/// So many random cuts are made in one piece of work, and as many at flushes.
const EACH: usize = 50;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let wanted = arguments.first().map_or("all", String::as_str);
    let number = |at: usize| arguments.get(at).map(|number| number.parse::<u64>());
    let (Ok(cuts), Ok(seed)) = (number(1).transpose(), number(2).transpose()) else {
        eprintln!("power-cuts: the second and third arguments are numbers");
        return ExitCode::FAILURE;
    };
    let cuts = cuts.map_or(CUTS, |cuts| cuts as usize);
    let mut code = ExitCode::SUCCESS;
    for format in Format::ALL {
        if wanted != "all" && wanted != format.name() {
            continue;
        }
        match run(format, cuts, seed.unwrap_or(1)) {
            Ok(report) => {
                let Report {
                    cuts,
                    at_flushes,
                    files,
                    troubles,
                } = report;
                println!(
                    "{}: {cuts} cuts, {at_flushes} of them at flushes; {files} durable files looked at; {} troubles",
                    format.name(),
                    troubles.len()
                );
                for trouble in &troubles {
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
            cuts: EACH.min(cuts - all.cuts.saturating_sub(all.at_flushes)),
            flushes: EACH,
            operations: 150,
            seed: seed.wrapping_mul(1_000_003).wrapping_add(round),
        };
        let report = campaign.run(folder.path(), Builder::boot)?;
        all.cuts += report.cuts;
        all.at_flushes += report.at_flushes;
        all.files += report.files;
        all.troubles.extend(report.troubles);
    }
    Ok(all)
}
