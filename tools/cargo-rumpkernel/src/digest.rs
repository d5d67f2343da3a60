//! `digest`: what an entry in `vendor-dates.toml` says of the content of a source.

use rumpkernel_build::snapshot::{self, Pin, Request};

use crate::bar::Bar;
use crate::cli::Digest;
use crate::error::Error;
use crate::output;

/// Prints the keys `digest` and `files`, and leaves the tree in the cache under that digest.
pub(crate) fn run(options: &Digest) -> Result<(), Error> {
    let default = snapshot::default_pin();
    let revision = options.revision.as_ref().unwrap_or(&default.revision);
    let pin = Pin {
        name: revision.clone(),
        revision: revision.clone(),
        ..default.clone()
    };
    let request = Request {
        source: Some(options.from.clone()),
        accept_unpinned: true,
        ..Request::new(&pin, options.cache.path()?)
    };
    let tree = snapshot::import(&request, &mut Bar::quiet(revision))?;
    if let (Some(digest), Some(manifest)) = (tree.digest(), tree.manifest()?) {
        output::text(&format!(
            "digest = \"{digest}\"\nfiles = {}\n",
            manifest.len()
        ))?;
    }
    Ok(())
}
