//! `verify`: is what the cache holds still what is pinned?

use std::path::PathBuf;

use rumpkernel_build::{snapshot, with_sources};
use serde::Serialize;

use crate::bar::Bar;
use crate::cli::Verify;
use crate::error::Error;
use crate::output;

/// What was found of one snapshot, as programs read it.
#[derive(Serialize)]
struct Verdict<'a> {
    name: &'a str,
    digest: String,
    /// Where it is, if it is as pinned.
    verified: Option<PathBuf>,
    /// What is wrong with it.
    problem: Option<String>,
}

/// Reads every chosen snapshot in the cache, and fails if one is absent or differs.
pub(crate) fn run(options: &Verify) -> Result<(), Error> {
    let cache = options.cache.path()?;
    let pins = options.selection.pins()?;
    let mut verdicts = Vec::new();
    for pin in &pins {
        let outcome = snapshot::verify_cached(pin, &cache, &mut Bar::new(&pin.name));
        if !options.json {
            match &outcome {
                Ok(tree) => output::text(&format!(
                    "{}: as pinned, in {}\n",
                    pin.name,
                    tree.root().display()
                ))?,
                Err(error) => eprintln!("error: {}: {}", pin.name, with_sources(&error)),
            }
        }
        verdicts.push(Verdict {
            name: &pin.name,
            digest: pin.digest.to_string(),
            problem: outcome.as_ref().err().map(|error| with_sources(error)),
            verified: outcome.ok().map(|tree| tree.root().to_owned()),
        });
    }
    if options.json {
        output::json(&verdicts)?;
    }
    let bad = verdicts
        .iter()
        .filter(|verdict| verdict.problem.is_some())
        .count();
    if bad > 0 {
        let all = pins.len();
        return Err(Error::Incomplete(format!(
            "{bad} of {all} snapshots could not be verified"
        )));
    }
    Ok(())
}
