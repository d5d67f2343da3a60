//! Which sources the settings ask for.

use std::path::{Path, PathBuf};

use super::Error;
use crate::settings::Settings;
use crate::snapshot::{self, Progress, Request, Tree};

/// The user's cache folder.
pub(super) fn cache_dir(settings: &Settings) -> Result<PathBuf, snapshot::Error> {
    match &settings.cache_dir {
        Some(folder) => Ok(folder.clone()),
        None => snapshot::default_cache_dir(),
    }
}

/// Finds and verifies the source tree that is built: the one that the settings ask for, or the vendored one.
///
/// # Errors
///
/// Why there is none.
pub fn sources(
    settings: &Settings,
    vendored: Option<&Path>,
    progress: &mut dyn Progress,
) -> Result<Tree, Error> {
    let pin = match &settings.snapshot {
        Some(name) => snapshot::pin(name)?,
        None => snapshot::default_pin(),
    };
    let mut request = Request::new(pin, cache_dir(settings)?);
    request.source.clone_from(&settings.source);
    request.vendored = vendored.map(Path::to_owned);
    request.mirror.clone_from(&settings.mirror);
    request.offline = settings.offline;
    request.accept_unpinned = settings.unpinned;
    Ok(snapshot::obtain(&request, progress)?)
}
