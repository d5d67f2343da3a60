//! `components`: what a snapshot can be built into.

use std::collections::HashMap;
use std::fmt::Write as _;

use rumpkernel_build::component::{Catalogue, Entry, Kind, Options};
use rumpkernel_build::store::Store;
use rumpkernel_build::target::Target;
use serde::Serialize;

use crate::cli;
use crate::error::Error;
use crate::features::Features;
use crate::output;
use crate::survey::Survey;

/// All components, as programs read them.
#[derive(Serialize)]
struct Report {
    snapshot: String,
    target: String,
    components: Vec<Row>,
}

/// One component.
#[derive(Serialize)]
struct Row {
    name: String,
    kind: &'static str,
    /// The snapshot's words.
    description: String,
    /// Everything that is linked with it, besides the base.
    needs: Vec<String>,
    /// How many files are compiled.
    sources: Option<usize>,
    /// The bytes of the library that was built last.
    size: Option<u64>,
    /// The feature of rumpkernel.
    feature: Option<String>,
    /// The feature of rumpkernel-sys.
    sys_feature: Option<String>,
    /// Why it cannot be built.
    problem: Option<String>,
}

/// Prints every component in the order of the snapshot's own lists.
pub(crate) fn run(options: &cli::Components) -> Result<(), Error> {
    let targets = options.targets.or_host()?;
    let [target] = &targets[..] else {
        return Err(Error::Incomplete(
            "components are listed for one target at a time".to_owned(),
        ));
    };
    let survey = Survey::open(&options.sources)?;
    let catalogue = survey.catalogue(target)?;
    let store = Store::new(&options.sources.origin.cache.path()?);
    let usage = store.usage().map_err(Error::file("read", store.root()))?;
    let sizes: HashMap<String, u64> = usage
        .into_iter()
        .filter(|usage| usage.target == target.triple)
        .filter_map(|usage| Some((usage.component, usage.library?)))
        .collect();
    let features = Features::new();
    let rows = catalogue.entries.iter().map(|entry| Row {
        size: sizes.get(&entry.name).copied(),
        feature: features.friendly(&entry.name).map(str::to_owned),
        sys_feature: features.raw(&entry.name).map(str::to_owned),
        ..row(&survey, &catalogue, entry, target)
    });
    let report = Report {
        snapshot: survey.pin.name.clone(),
        target: target.triple.clone(),
        components: rows.collect(),
    };
    if options.json {
        output::json(&report)
    } else {
        output::text(&table(&report.components))
    }
}

/// What the sources say of a component.
fn row(survey: &Survey, catalogue: &Catalogue, entry: &Entry, target: &Target) -> Row {
    let described = survey.component(&entry.directory, target, &Options::default(), true);
    let needs = catalogue.closure(&[&entry.name]);
    let problem = match (&described, &needs) {
        (Err(error), _) | (_, Err(error)) => Some(error.to_string()),
        _ => None,
    };
    let needs = needs.unwrap_or_default().into_iter();
    Row {
        name: entry.name.clone(),
        kind: kind(entry.kind),
        description: entry.comment.clone(),
        needs: needs
            .filter(|need| need.name != entry.name && need.kind != Kind::Base)
            .map(|need| need.name.clone())
            .collect(),
        sources: described.ok().map(|component| component.sources.len()),
        size: None,
        feature: None,
        sys_feature: None,
        problem,
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Base => "base",
        Kind::Faction => "faction",
        Kind::Device => "device",
        Kind::FileSystem => "file system",
        Kind::Network => "network",
        Kind::Kernel => "kernel",
    }
}

fn table(rows: &[Row]) -> String {
    let mut text = format!(
        "{:20} {:11} {:14} {:>7} {:>10}  description\n",
        "component", "kind", "feature", "sources", "size"
    );
    for row in rows {
        let feature = match (&row.feature, &row.sys_feature) {
            (Some(feature), _) => feature,
            (None, Some(_)) => "(sys)",
            (None, None) => "",
        };
        let sources = row.sources.map(|count| count.to_string());
        let size = row.size.map(output::size);
        // Writing into a String cannot fail.
        let _ = writeln!(
            text,
            "{:20} {:11} {feature:14} {:>7} {:>10}  {}",
            row.name,
            row.kind,
            sources.unwrap_or_default(),
            size.unwrap_or_default(),
            row.description,
        );
        if !row.needs.is_empty() {
            let _ = writeln!(text, "{:20} needs {}", "", row.needs.join(", "));
        }
        if let Some(problem) = &row.problem {
            let _ = writeln!(text, "{:20} cannot be built: {problem}", "");
        }
    }
    text
}
