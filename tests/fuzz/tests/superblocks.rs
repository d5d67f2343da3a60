//! Superblocks with a wrong field: mounting is an error, or works; it never kills the kernel, nor
//! waits for ever.
//!
//! This is a sample, and only reads. `damaged-images superblocks` does them all.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use rumpkernel_fuzz::{Access, Bench, Change, Findings, Format, NoSample, Outcome, sample};

/// How many changes of a format are tried.
const SAMPLE: usize = 60;

fn main() -> ExitCode {
    let trials = Format::ALL.into_iter().map(trial).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn trial(format: Format) -> Trial {
    let image = match sample(format) {
        Ok(image) => image,
        // Continuous integration installs the tools.
        Err(reason @ NoSample::NotInstalled(_)) if std::env::var_os("CI").is_some() => {
            return Trial::test(format.name(), move || Err(Failed::from(reason.to_string())));
        }
        Err(reason) => {
            let reason = Completion::ignored_with(reason);
            return Trial::ignorable_test(format.name(), || Ok(reason));
        }
    };
    Trial::test(format.name(), move || {
        let mut bench = Bench::new()?;
        if !matches!(
            bench.exercise(format, &image, Access::Read)?,
            Outcome::Mounted
        ) {
            return Err(Failed::from("the undamaged image is not mounted"));
        }
        let changes = Change::all(format, &image);
        let mut deaths = Findings::default();
        for change in changes.iter().step_by((changes.len() / SAMPLE).max(1)) {
            match bench.exercise(format, &change.apply(&image), Access::Read)? {
                Outcome::Mounted | Outcome::Refused(_) => {}
                Outcome::Died(death) | Outcome::Hung(death) => {
                    deaths.add(change, &death);
                }
            }
        }
        if deaths.is_empty() {
            Ok(())
        } else {
            Err(Failed::from(deaths.to_string()))
        }
    })
}
