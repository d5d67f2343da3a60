//! `list`: what is known, and what is at hand.

use std::fmt::Write as _;
use std::path::PathBuf;

use rumpkernel_build::snapshot;
use serde::Serialize;

use crate::cli::List;
use crate::error::Error;
use crate::output;

/// One snapshot, as programs read it.
#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    committed: &'a str,
    cvs: Option<&'a str>,
    repository: &'a str,
    revision: &'a str,
    digest: String,
    files: usize,
    /// Why nothing can be built from it.
    unbuildable: Option<&'a str>,
    /// Where it is in the cache.
    cached: Option<PathBuf>,
}

/// Prints every snapshot, the default one first.
pub(crate) fn run(options: &List) -> Result<(), Error> {
    let cache = options.cache.path()?;
    let rows: Vec<Row> = snapshot::pins()
        .iter()
        .map(|pin| Row {
            name: &pin.name,
            committed: &pin.committed,
            cvs: pin.cvs.as_deref(),
            repository: &pin.repository,
            revision: &pin.revision,
            digest: pin.digest.to_string(),
            files: pin.files,
            unbuildable: pin.unbuildable.as_deref(),
            cached: snapshot::cached(pin, &cache).map(|tree| tree.root().to_owned()),
        })
        .collect();
    if options.json {
        output::json(&rows)
    } else {
        output::text(&table(&rows))
    }
}

fn table(rows: &[Row<'_>]) -> String {
    let mut text = format!(
        "{:14} {:21} {:12} cached\n",
        "snapshot", "NetBSD-current as of", "revision"
    );
    for row in rows {
        let state = match (row.unbuildable, &row.cached) {
            (Some(reason), _) => format!("unbuildable: {reason}"),
            (None, Some(tree)) => tree.display().to_string(),
            (None, None) => "no".to_owned(),
        };
        // Writing into a String cannot fail.
        let _ = writeln!(
            text,
            "{:14} {:21} {:12} {state}",
            row.name,
            row.cvs.unwrap_or("unknown"),
            &row.revision[..12],
        );
    }
    text
}
