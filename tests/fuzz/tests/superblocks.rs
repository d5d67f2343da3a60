//! Superblocks with a wrong field: mounting is an error, or works; it never kills the kernel, nor
//! waits for ever.
//!
//! This is a sample, a larger one with `-- --ignored`, and only reads. `damaged-images superblocks`
//! does them all.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use rumpkernel_fuzz::{Access, Bench, Change, Findings, Format, NoSample, Outcome, sample};

/// How many changes of a format are tried.
const SAMPLE: usize = 15;

/// How many are tried in a campaign.
const LARGE_SAMPLE: usize = 60;

fn main() -> ExitCode {
    let trials = Format::ALL.into_iter().flat_map(|format| {
        let (name, large) = (
            format.name(),
            format!("{}_in_a_large_sample", format.name()),
        );
        [
            Trial::ignorable_test(name, move || mounts_or_is_refused(format, SAMPLE)),
            Trial::ignorable_test(large, move || mounts_or_is_refused(format, LARGE_SAMPLE))
                .with_kind("campaign")
                .with_ignored_flag(true),
        ]
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit_code()
}

fn mounts_or_is_refused(format: Format, count: usize) -> Result<Completion, Failed> {
    let image = match sample(format) {
        Ok(image) => image,
        // Continuous integration installs the tools.
        Err(reason @ NoSample::NotInstalled(_)) if std::env::var_os("CI").is_some() => {
            return Err(Failed::from(reason.to_string()));
        }
        Err(reason) => return Ok(Completion::ignored_with(reason)),
    };
    let mut bench = Bench::new()?;
    if !matches!(
        bench.exercise(format, &image, Access::Read)?,
        Outcome::Mounted
    ) {
        return Err(Failed::from("the undamaged image is not mounted"));
    }
    let changes = Change::all(format, &image);
    let mut deaths = Findings::default();
    for change in changes.iter().step_by((changes.len() / count).max(1)) {
        match bench.exercise(format, &change.apply(&image), Access::Read)? {
            Outcome::Mounted | Outcome::Refused(_) => {}
            Outcome::Died(death) | Outcome::Hung(death) => {
                deaths.add(change, &death);
            }
        }
    }
    if deaths.is_empty() {
        Ok(Completion::Completed)
    } else {
        Err(Failed::from(deaths.to_string()))
    }
}
