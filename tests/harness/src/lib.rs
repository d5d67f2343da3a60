//! A harness for tests that need something of the machine.
//!
//! A test that cannot run is ignored with its reason in the harness's own output: printing a line
//! and returning would be passing in silence. Where the variable `CI` is set, what CI installs or
//! fetches has to be there, and its absence is a failure.
//!
//! ```
//! use rumpkernel_harness::{Outcome, installed, trial};
//!
//! fn bmake_knows_its_version() -> Outcome {
//!     installed("bmake")?;
//!     // …
//!     Ok(())
//! }
//! # let _ = trial("bmake_knows_its_version", bmake_knows_its_version);
//! ```
//!
//! Test binaries with `harness = false` name their tests in [`tests!`]; one that is forgotten there
//! is dead code to the compiler.

use std::env;
use std::fmt::{self, Display};
use std::process::ExitCode;

use libtest_mimic::Arguments;

pub use libtest_mimic::{Completion, Failed, Trial};

/// What a test gives back: that it ran, or why it cannot run here.
pub type Outcome = Result<(), Missing>;

/// What a test needs and the machine does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    reason: String,
    is_in_ci: bool,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl Missing {
    /// What CI installs or fetches: a program, a snapshot.
    pub fn tool(reason: impl Display) -> Self {
        Self {
            reason: reason.to_string(),
            is_in_ci: true,
        }
    }

    /// What a harness answers of a test that lacks this.
    ///
    /// # Errors
    ///
    /// A failure, where CI should have it.
    pub fn answer(self) -> Result<Completion, Failed> {
        self.answered(is_ci())
    }

    fn answered(self, is_ci: bool) -> Result<Completion, Failed> {
        if self.is_in_ci && is_ci {
            let reason = self.reason;
            return Err(format!("{reason}, and CI installs what its tests need").into());
        }
        Ok(Completion::ignored_with(self.reason))
    }

    /// What is a matter of the machine: its processor, its rights.
    pub fn on_this_machine(reason: impl Display) -> Self {
        Self {
            reason: reason.to_string(),
            is_in_ci: false,
        }
    }
}

/// Asks for an installed program.
///
/// # Errors
///
/// If it is not found where commands are looked for.
pub fn installed(name: &str) -> Outcome {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&path).any(|folder| folder.join(name).is_file());
    if found {
        Ok(())
    } else {
        Err(Missing::tool(format!("{name} is not installed")))
    }
}

/// The outcome of a test that has tried several tools or machines, and lacked some of them.
///
/// # Errors
///
/// If any is missing. The others have been tried.
pub fn all_but(missing: Vec<Missing>) -> Outcome {
    if missing.is_empty() {
        return Ok(());
    }
    let is_in_ci = missing.iter().any(|missing| missing.is_in_ci);
    let reasons: Vec<String> = missing.into_iter().map(|one| one.reason).collect();
    Err(Missing {
        reason: format!("passed as far as it ran, but {}", reasons.join("; ")),
        is_in_ci,
    })
}

/// What test functions may give back: [`Outcome`], or nothing where they run everywhere.
pub trait Answer {
    /// The outcome.
    fn outcome(self) -> Outcome;
}

impl Answer for () {
    fn outcome(self) -> Outcome {
        Ok(())
    }
}

impl Answer for Outcome {
    fn outcome(self) -> Outcome {
        self
    }
}

/// A test of this name.
pub fn trial<A: Answer>(name: &str, run: impl FnOnce() -> A + Send + 'static) -> Trial {
    Trial::ignorable_test(name, || completion(run().outcome(), is_ci()))
}

/// A test that takes minutes, and runs with `-- --ignored` only: the harness's output says why it
/// is left out.
pub fn campaign<A: Answer>(name: &str, run: impl FnOnce() -> A + Send + 'static) -> Trial {
    trial(name, run)
        .with_kind("campaign")
        .with_ignored_flag(true)
}

fn is_ci() -> bool {
    env::var_os("CI").is_some_and(|value| !value.is_empty())
}

fn completion(outcome: Outcome, is_ci: bool) -> Result<Completion, Failed> {
    match outcome {
        Ok(()) => Ok(Completion::Completed),
        Err(missing) => missing.answered(is_ci),
    }
}

/// Runs the tests that the command line chooses, as Rust's own harness does.
pub fn run(trials: Vec<Trial>) -> ExitCode {
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Makes the `main` of a test binary. Tests are named by their paths, one or more to an attribute.
///
/// A `campaign` takes minutes, or does at length what other tests do in short: it runs with
/// `-- --ignored` only, as CI does.
#[macro_export]
macro_rules! tests {
    (
        $($(#[$attribute:meta])* $test:path),* $(,)?
        $(; campaigns: $($(#[$campaign_attribute:meta])* $campaign:path),* $(,)?)?
    ) => {
        fn main() -> ::std::process::ExitCode {
            $crate::run(vec![
                $($(#[$attribute])* $crate::trial(stringify!($test), $test),)*
                $($($(#[$campaign_attribute])*
                    $crate::campaign(stringify!($campaign), $campaign),)*)?
            ])
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_a_reason_here_and_a_failure_where_it_is_installed() {
        let tool = || installed("no such program");
        let machine = || Err(Missing::on_this_machine("no floppy drive"));
        let ignored = |outcome, is_ci| match completion(outcome, is_ci) {
            Ok(Completion::Ignored { reason }) => reason,
            _ => None,
        };
        let reason = "no such program is not installed";
        assert_eq!(ignored(tool(), false).as_deref(), Some(reason));
        assert!(completion(tool(), true).is_err());
        for is_ci in [false, true] {
            let reason = ignored(machine(), is_ci);
            assert_eq!(reason.as_deref(), Some("no floppy drive"));
            assert!(matches!(
                completion(Ok(()), is_ci),
                Ok(Completion::Completed)
            ));
        }
        assert_eq!(installed("sh"), Ok(()));
    }
}
