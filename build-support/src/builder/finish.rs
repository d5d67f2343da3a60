//! From a component's objects to its library.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::recipe::Recipe;
use super::setup::Setup;
use super::{Error, inputs};
use crate::archive::{self, Member};
use crate::compile::Compiled;
use crate::snapshot::Progress;
use crate::store::{FileDigests, Hit, Key};

/// A component some of whose objects are still to come.
pub(super) struct Unfinished {
    pub(super) recipe: Recipe,
    /// What to remember the result under.
    pub(super) question: Option<Key>,
    /// Where it is compiled.
    pub(super) folder: PathBuf,
    members: Vec<Option<Member>>,
    missing: usize,
    dependencies: BTreeSet<PathBuf>,
}

impl Unfinished {
    pub(super) fn new(recipe: Recipe, question: Option<Key>, folder: PathBuf) -> Self {
        let count = recipe.component.sources.len();
        Self {
            recipe,
            question,
            folder,
            members: vec![None; count],
            missing: count,
            dependencies: BTreeSet::new(),
        }
    }

    /// Whether all objects are there.
    pub(super) fn is_complete(&self) -> bool {
        self.missing == 0
    }

    /// Takes the object of one source.
    pub(super) fn take(&mut self, source: usize, name: String, compiled: Compiled) {
        self.dependencies.extend(compiled.dependencies);
        if let Some(place) = self.members.get_mut(source)
            && place.is_none()
        {
            *place = Some(Member {
                name,
                object: compiled.object,
            });
            self.missing -= 1;
        }
    }

    /// Archives the objects, and puts the library into a store that can be written.
    pub(super) fn finish(
        self,
        setup: &Setup,
        digests: &mut FileDigests,
        progress: &mut dyn Progress,
    ) -> Result<Hit, Error> {
        let name = &self.recipe.component.name;
        let members: Vec<Member> = self.members.into_iter().flatten().collect();
        let mut library = Vec::new();
        archive::write(&members, &mut library)
            .map_err(Error::file("write", format!("lib{name}.a")))?;
        let dependencies = self.dependencies.iter();
        let inputs = inputs::collect(setup, &self.recipe, &self.folder, dependencies, digests);
        remove_folder(&self.folder);
        setup.pinned.check(name, setup, &inputs, digests)?;

        let target = &setup.target.triple;
        let key = &self.recipe.key;
        let [shared, own] = &setup.stores;
        let taken = shared.insert(target, name, key, inputs.clone(), &library);
        let (store, hit) = match taken {
            Ok(hit) => (shared, hit),
            Err(error) => {
                setup.warn_once(
                    progress,
                    &format!(
                        "built components cannot be kept in {}: {error}; \
                     set RUMPKERNEL_CACHE_DIR to a folder that can be written",
                        shared.root().display()
                    ),
                );
                let hit = own
                    .insert(target, name, key, inputs, &library)
                    .map_err(Error::file("write", own.root()))?;
                (own, hit)
            }
        };
        setup.remember(store, name, self.question.as_ref(), &hit);
        Ok(hit)
    }
}

/// Objects are in the library now; what cannot be removed is overwritten by the next build.
fn remove_folder(folder: &Path) {
    let _ = fs::remove_dir_all(folder);
}
