//! `licenses`: the notices of what some features compile.

use serde::Serialize;

use crate::cli::Licenses;
use crate::error::Error;
use crate::features::Features;
use crate::notices::{Notice, Notices};
use crate::output;
use crate::reads::Reads;
use crate::survey::Survey;

/// All notices, as programs read them.
#[derive(Serialize)]
struct Report<'a> {
    snapshot: &'a str,
    /// What was asked for and what that needs, without the base.
    components: Vec<String>,
    targets: Vec<&'a str>,
    notices: &'a [Notice],
    /// Files that say nothing of copyright or licence.
    without_notice: &'a [String],
}

/// Prints each distinct text once.
pub(crate) fn run(options: &Licenses) -> Result<(), Error> {
    let targets = options.targets.or_host()?;
    let survey = Survey::open(&options.sources)?;
    let catalogue = survey.catalogue(&targets[0])?;
    let components = Features::new().components(&options.features, &catalogue, &survey.pin.name)?;
    let reads = Reads::of(&survey, &components, &targets)?;
    let notices = Notices::of(survey.tree.root(), reads.compiled.iter())?;
    if !options.json {
        return output::text(&notices.to_text());
    }
    let linked = catalogue.closure(&components)?.into_iter();
    output::json(&Report {
        snapshot: &survey.pin.name,
        components: linked.map(|entry| entry.name.clone()).collect(),
        targets: targets
            .iter()
            .map(|target| target.triple.as_str())
            .collect(),
        notices: &notices.notices,
        without_notice: &notices.without,
    })
}
