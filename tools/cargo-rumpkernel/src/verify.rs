//! `verify`: is what the cache holds still what is pinned, and what was built from it still that?

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use rumpkernel_build::snapshot::{self, Pin};
use rumpkernel_build::store::{Audit, Store};
use rumpkernel_build::with_sources;
use serde::Serialize;

use crate::bar::Bar;
use crate::cli::Verify;
use crate::error::Error;
use crate::output;

/// All that was found, as programs read it.
#[derive(Serialize)]
struct Report<'a> {
    snapshots: Vec<Verdict<'a>>,
    /// How many built components were read.
    libraries: usize,
    /// Those that were removed.
    removed: Vec<Removed>,
}

/// What was found of one snapshot.
#[derive(Serialize)]
struct Verdict<'a> {
    name: &'a str,
    digest: String,
    /// Where it is, if it is as pinned.
    verified: Option<PathBuf>,
    /// What is wrong with it.
    problem: Option<String>,
}

/// A built component that was removed, and why.
#[derive(Serialize)]
struct Removed {
    library: PathBuf,
    reason: String,
}

/// Reads every chosen snapshot in the cache, then every built component. Fails if a snapshot is
/// absent or differs; a component that does is removed, and compiled again when it is needed.
pub(crate) fn run(options: &Verify) -> Result<(), Error> {
    let cache = options.cache.path()?;
    let pins = options.selection.pins()?;
    let mut snapshots = Vec::new();
    for pin in &pins {
        snapshots.push(snapshot(pin, &cache, options.json)?);
    }
    let audit = components(&pins, &cache)?;
    let bad = snapshots
        .iter()
        .filter(|verdict| verdict.problem.is_some())
        .count();
    if options.json {
        let removed = audit.removed.into_iter();
        output::json(&Report {
            snapshots,
            libraries: audit.libraries,
            removed: removed
                .map(|removed| Removed {
                    library: removed.library,
                    reason: removed.reason.to_string(),
                })
                .collect(),
        })?;
    } else {
        for removed in &audit.removed {
            eprintln!("removed {}: {}", removed.library.display(), removed.reason);
        }
        output::text(&format!(
            "{} built components read, {} removed\n",
            audit.libraries,
            audit.removed.len()
        ))?;
    }
    if bad > 0 {
        let all = pins.len();
        return Err(Error::Incomplete(format!(
            "{bad} of {all} snapshots could not be verified; `cargo rumpkernel clean --snapshot` removes what \
             has changed, and `cargo rumpkernel fetch` brings it again"
        )));
    }
    Ok(())
}

/// Reads one snapshot.
fn snapshot<'p>(pin: &'p Pin, cache: &Path, is_json: bool) -> Result<Verdict<'p>, Error> {
    let outcome = snapshot::verify_cached(pin, cache, &mut Bar::new(&pin.name));
    if !is_json {
        match &outcome {
            Ok(tree) => output::text(&format!(
                "{}: as pinned, in {}\n",
                pin.name,
                tree.root().display()
            ))?,
            Err(error) => eprintln!("error: {}: {}", pin.name, with_sources(error)),
        }
    }
    Ok(Verdict {
        name: &pin.name,
        digest: pin.digest.to_string(),
        problem: outcome.as_ref().err().map(|error| with_sources(error)),
        verified: outcome.ok().map(|tree| tree.root().to_owned()),
    })
}

/// Reads the built components, and removes those that are not of what `pins` name.
fn components(pins: &[&Pin], cache: &Path) -> Result<Audit, Error> {
    let manifests: HashMap<_, _> = pins
        .iter()
        .filter_map(|pin| {
            let manifest = snapshot::pinned_manifest(pin, cache)?;
            Some((pin.digest.to_string(), manifest))
        })
        .collect();
    let store = Store::new(cache);
    let audited = store.audit(&manifests);
    audited.map_err(Error::file("read or clean", store.root()))
}
