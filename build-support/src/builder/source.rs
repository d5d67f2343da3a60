//! Which sources the settings ask for.

use std::path::PathBuf;

use super::{Configuration, Error};
use crate::snapshot::{self, Progress, Request, Tree};

/// The user's cache folder.
pub(super) fn cache_dir(configuration: &Configuration) -> Result<PathBuf, snapshot::Error> {
    match &configuration.settings.cache_dir {
        Some(folder) => Ok(folder.clone()),
        None => snapshot::default_cache_dir(),
    }
}

/// Finds and verifies the source tree.
pub(super) fn obtain(
    configuration: &Configuration,
    progress: &mut dyn Progress,
) -> Result<Tree, Error> {
    let settings = &configuration.settings;
    let pin = match &settings.snapshot {
        Some(name) => snapshot::pin(name)?,
        None => snapshot::default_pin(),
    };
    let mut request = Request::new(pin, cache_dir(configuration)?);
    request.source.clone_from(&settings.source);
    request.vendored.clone_from(&configuration.vendored);
    request.mirror.clone_from(&settings.mirror);
    request.offline = settings.offline;
    request.accept_unpinned = settings.unpinned;
    Ok(snapshot::obtain(&request, progress)?)
}
