//! The build itself: look every component up, compile what is missing, all at once.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use super::finish::Unfinished;
#[cfg(feature = "instances")]
use super::image;
use super::recipe::Recipe;
use super::selection::{Selected, select};
use super::setup::{Setup, object_folder, own_question};
use super::{Built, Configuration, Error, Library, OwnComponent, Statistics, described, jobs};
use crate::snapshot::{Progress, Tree};
use crate::store::{self, FileDigests, Hit};
use crate::target::Target;

/// A build under way.
pub(super) struct Build<'a> {
    configuration: &'a Configuration,
    setup: Setup,
    digests: FileDigests,
    /// What was found in a store or has been built, by name.
    hits: HashMap<String, Hit>,
    /// What has to be compiled, in the order of the selection.
    unfinished: Vec<Unfinished>,
    statistics: Statistics,
}

impl<'a> Build<'a> {
    pub(super) fn begin(
        configuration: &'a Configuration,
        target: Target,
        tree: Tree,
    ) -> Result<Self, Error> {
        let mut digests = FileDigests::new(tree.root());
        let setup = Setup::new(configuration, target, tree)?;
        if !setup.tree.is_pinned() {
            for store in &setup.stores {
                digests.recall(store, &setup.target.triple);
            }
        }
        Ok(Self {
            configuration,
            setup,
            digests,
            hits: HashMap::new(),
            unfinished: Vec::new(),
            statistics: Statistics::default(),
        })
    }

    pub(super) fn run(mut self, progress: &mut dyn Progress) -> Result<Built, Error> {
        let selected = select(self.configuration, &self.setup, progress)?;
        for component in &selected {
            self.look_up(component)?;
        }
        for own in &self.configuration.own {
            self.look_up_own(own)?;
        }
        self.statistics.reused_components = self.hits.len();
        let compiled: Vec<String> = self
            .unfinished
            .iter()
            .map(|unfinished| unfinished.recipe.component.name.clone())
            .collect();
        let unfinished = std::mem::take(&mut self.unfinished);
        let cost = jobs::compile(
            &self.setup,
            unfinished,
            self.configuration.jobs,
            &mut self.digests,
            progress,
            &mut self.hits,
        )?;
        self.statistics.compiled_files = cost.files;
        self.statistics.compiler_time = cost.time;

        let library_dir = self.configuration.out_dir.join("lib");
        fs::create_dir_all(&library_dir).map_err(Error::file("create", &library_dir))?;
        let place = |name: &String| {
            let path = library_dir.join(format!("lib{name}.a"));
            if let Some(hit) = self.hits.get(name) {
                store::place(&hit.library, &path).map_err(Error::file("write", &path))?;
            }
            Ok::<_, Error>(Library {
                name: name.clone(),
                path,
                compiled: compiled.contains(name),
            })
        };
        let libraries = selected.iter().map(|component| place(&component.name));
        let libraries: Vec<Library> = libraries.collect::<Result<_, _>>()?;
        let own = self.configuration.own.iter().map(|own| place(&own.name));
        let own = own.collect::<Result<_, _>>()?;
        #[cfg(feature = "instances")]
        let image = self.configuration.image.then(|| self.image(&libraries));
        #[cfg(feature = "instances")]
        let image = image.transpose()?;
        #[cfg(not(feature = "instances"))]
        let image = None;
        if !self.setup.tree.is_pinned() {
            // Without the note the next build reads the files again, no more.
            let mut stores = self.setup.stores.iter();
            let target = &self.setup.target.triple;
            stores.find(|store| self.digests.note(store, target).is_ok());
        }
        if !compiled.is_empty() {
            self.evict(progress);
        }
        let tree = self.setup.tree.root().to_owned();
        Ok(Built {
            libraries,
            own,
            library_dir,
            image,
            include_dirs: self.include_dirs(),
            machine: self.setup.target.machine.clone(),
            dependencies: self.dependencies(),
            tree,
            statistics: self.statistics,
        })
    }

    /// Finds a component of the tree in a store, or plans its compilation.
    fn look_up(&mut self, selected: &Selected) -> Result<(), Error> {
        let name = &selected.name;
        let question = self.setup.question(name).map(store::KeyBuilder::key);
        if self.recall(name, question.as_ref()) {
            return Ok(());
        }
        let component = self.setup.component(&selected.directory)?;
        let recipe = Recipe::new(&self.setup, component)?;
        self.find(recipe, question);
        Ok(())
    }

    /// The same for a component of the user's own.
    fn look_up_own(&mut self, own: &OwnComponent) -> Result<(), Error> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if own.name.is_empty() || !own.name.bytes().all(allowed) {
            return Err(Error::Name(own.name.clone()));
        }
        let question = self.setup.question(&own.name);
        let question = question.map(|question| own_question(question, own));
        if self.recall(&own.name, question.as_ref()) {
            return Ok(());
        }
        let recipe = Recipe::new(&self.setup, described(own, &self.setup.base()?))?;
        self.find(recipe, question);
        Ok(())
    }

    fn recall(&mut self, name: &str, question: Option<&store::Key>) -> bool {
        let target = &self.setup.target.triple;
        let digests = &mut self.digests;
        let hit = question.and_then(|question| {
            let mut stores = self.setup.stores.iter();
            stores.find_map(|store| {
                let hit = store.recall(target, name, question)?;
                is_up_to_date(&hit, digests).then_some(hit)
            })
        });
        let found = hit.is_some();
        self.hits.extend(hit.map(|hit| (name.to_owned(), hit)));
        found
    }

    fn find(&mut self, recipe: Recipe, question: Option<store::Key>) {
        let target = &self.setup.target.triple;
        let name = recipe.component.name.clone();
        for store in &self.setup.stores {
            if let Some(hit) = store.find(target, &name, &recipe.key, &mut self.digests) {
                if let Some(question) = &question {
                    // Without the answer the next build takes longer, no more.
                    let _ = store.remember(target, &name, question, &hit);
                }
                self.hits.insert(name, hit);
                return;
            }
        }
        let folder = object_folder(&self.configuration.out_dir, &name);
        self.unfinished
            .push(Unfinished::new(recipe, question, folder));
    }

    fn evict(&self, progress: &mut dyn Progress) {
        let [shared, _] = &self.setup.stores;
        let limit = self.configuration.settings.store_limit;
        if shared.root().is_dir()
            && let Err(error) = shared.evict(limit)
        {
            progress.warn(&format!(
                "{} cannot be kept within its size: {error}",
                shared.root().display()
            ));
        }
    }

    /// Links and packs the libraries, unless that has been done with these.
    #[cfg(feature = "instances")]
    fn image(&self, libraries: &[Library]) -> Result<PathBuf, Error> {
        let built_from = libraries
            .iter()
            .filter_map(|library| Some(self.hits.get(&library.name)?.library.as_os_str()));
        let key = image::key(&self.setup, built_from);
        let paths: Vec<PathBuf> = libraries
            .iter()
            .map(|library| library.path.clone())
            .collect();
        image::make(&self.setup, &key, &paths, &self.configuration.out_dir)
    }

    fn include_dirs(&self) -> Vec<PathBuf> {
        let tree = self.setup.tree.root();
        let mut folders = vec![self.setup.links.folder().to_owned()];
        for folder in [
            "sys/rump/include",
            "sys/rump/include/opt",
            "common/include",
            "sys",
        ] {
            folders.push(tree.join(folder));
        }
        folders
    }

    /// Files that the user may change.
    fn dependencies(&self) -> Vec<PathBuf> {
        let is_users = self.configuration.settings.source.is_some();
        let root = self.setup.tree.root();
        let mut inputs: Vec<PathBuf> = Vec::new();
        for hit in self.hits.values() {
            let found = if is_users {
                hit.inputs()
            } else {
                hit.outside_inputs()
            };
            let found = found.unwrap_or_default().into_iter();
            inputs.extend(found.map(|input| root.join(input.path)));
        }
        inputs.sort();
        inputs.dedup();
        inputs
    }
}

/// A question stands for the whole tree; what else a library was made from is looked at.
fn is_up_to_date(hit: &Hit, digests: &mut FileDigests) -> bool {
    hit.outside_inputs()
        .is_ok_and(|inputs| inputs.iter().all(|input| digests.agree(input)))
}
