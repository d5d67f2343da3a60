//! Checks that a component was compiled from what is pinned.
//!
//! A tree in the cache is verified on its way in, not in every build. But the digest of each file
//! that a component was compiled from is taken anyway, to find the library again; so it costs
//! nothing to compare these with the manifest before the library is kept or linked.

use std::sync::{Arc, OnceLock};

use super::Error;
use super::setup::Setup;
use crate::snapshot::manifest::{FILE_NAME, Manifest};
use crate::store::{FileDigests, Input};

/// The manifest of the tree that is built, read when the first component has been compiled.
#[derive(Default)]
pub(super) struct Pinned {
    manifest: OnceLock<Option<Arc<Manifest>>>,
}

impl Pinned {
    /// Compares the files of the tree that `component` was made from with the tree's manifest. Of
    /// trees that are not pinned, or keep no manifest, nothing is known.
    pub(super) fn check(
        &self,
        component: &str,
        setup: &Setup,
        inputs: &[Input],
        digests: &mut FileDigests,
    ) -> Result<(), Error> {
        let altered = |file: &str| Error::Altered {
            component: component.to_owned(),
            file: file.to_owned(),
            tree: setup.tree.root().to_owned(),
        };
        let manifest = match self.manifest.get() {
            Some(manifest) => manifest,
            None => {
                let manifest = if setup.tree.is_pinned() {
                    setup.tree.manifest()?
                } else {
                    None
                };
                if let Some(manifest) = &manifest
                    && Some(manifest.digest()) != setup.tree.digest()
                {
                    return Err(altered(FILE_NAME));
                }
                self.manifest.get_or_init(|| manifest)
            }
        };
        let Some(manifest) = manifest else {
            return Ok(());
        };
        for input in inputs.iter().filter(|input| !input.path.starts_with('/')) {
            let pinned = manifest.get(&input.path);
            let pinned = pinned.map(|entry| entry.digest.to_string());
            if digests.digest(&input.path) != pinned.as_deref() {
                return Err(altered(&input.path));
            }
        }
        Ok(())
    }
}
