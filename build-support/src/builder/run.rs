//! The build itself: look every component up, compile what is missing, all at once.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::path::PathBuf;

use super::finish::Unfinished;
#[cfg(feature = "instances")]
use super::image;
use super::recipe::Recipe;
use super::selection::{Selected, select};
use super::setup::{Setup, object_folder};
use super::{Built, Configuration, Earlier, Error, Library, OwnComponent, Statistics, jobs, own};
use crate::snapshot::{Progress, Tree};
use crate::store::{self, Damaged, FileDigests, Hit};
use crate::target::Target;

/// A build under way.
pub(super) struct Build<'a> {
    configuration: &'a Configuration,
    setup: Setup,
    /// Keeps the shared store from being cleared.
    _held: Option<File>,
    digests: FileDigests,
    /// What was found in a store or has been built, by name.
    hits: HashMap<String, Hit>,
    /// Libraries of the stores that hold other bytes than they should.
    damaged: Vec<Damaged>,
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
        let [shared, _] = &setup.stores;
        Ok(Self {
            configuration,
            _held: shared.hold(),
            setup,
            digests,
            hits: HashMap::new(),
            damaged: Vec::new(),
            unfinished: Vec::new(),
            statistics: Statistics::default(),
        })
    }

    /// Builds the selection, and what is the user's own.
    pub(super) fn run(mut self, progress: &mut dyn Progress) -> Result<Built, Error> {
        let settings = &self.configuration.settings;
        let mut names = Vec::new();
        for folder in &settings.own_components {
            for folder in own::folders(folder)? {
                names.push(self.look_up_own(&OwnComponent::Folder(folder))?);
            }
        }
        let count = names.len();
        let selected = select(self.configuration, &self.setup, &names, progress)?;
        for component in &selected {
            self.look_up(component)?;
        }
        names.extend(selected.into_iter().map(|component| component.name));
        let others = self.look_up_others(&self.configuration.own)?;
        let image = self.configuration.image.as_deref();
        let in_image = self.look_up_others(image.unwrap_or_default())?;
        check_names(names.iter().chain(&others).chain(&in_image))?;

        let compiled = self.compile(progress)?;
        let libraries = self.place(&names, &compiled)?;
        let own = self.place(&others, &compiled)?;
        let mut all_own = libraries[..count].to_vec();
        all_own.extend(own.iter().cloned());
        own::check_symbols(&all_own, &libraries[count..])?;
        #[cfg(feature = "instances")]
        let image = match image {
            Some(_) => {
                let in_image = self.place(&in_image, &compiled)?;
                Some(self.image(&[libraries.as_slice(), &in_image].concat())?)
            }
            None => None,
        };
        #[cfg(not(feature = "instances"))]
        let image = None;
        Ok(self.end(libraries, count, own, image))
    }

    /// Builds what is the user's own alone, for a kernel of other libraries.
    pub(super) fn run_own(
        mut self,
        kernel: &Earlier,
        progress: &mut dyn Progress,
    ) -> Result<Built, Error> {
        let mut names = self.look_up_others(&self.configuration.own)?;
        names.retain(|name| !kernel.own.contains(name));
        let kernel_names = kernel.libraries.iter().map(|library| &library.name);
        check_names(names.iter().chain(kernel_names))?;
        let compiled = self.compile(progress)?;
        let own = self.place(&names, &compiled)?;
        own::check_symbols(&own, &kernel.libraries)?;
        Ok(self.end(Vec::new(), 0, own, None))
    }

    /// Compiles what no store has, and gives its names.
    fn compile(&mut self, progress: &mut dyn Progress) -> Result<Vec<String>, Error> {
        self.statistics.reused_components = self.hits.len();
        for damaged in self.damaged.drain(..) {
            progress.warn(&format!(
                "{damaged}, so it is built anew; where this happens again, look after the disk"
            ));
        }
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
        if !self.setup.tree.is_pinned() {
            // Without the note the next build reads the files again, no more.
            let mut stores = self.setup.stores.iter();
            let target = &self.setup.target.triple;
            stores.find(|store| self.digests.note(store, target).is_ok());
        }
        if !compiled.is_empty() {
            self.evict(progress);
        }
        Ok(compiled)
    }

    /// Puts libraries where rustc sees them.
    fn place(&self, names: &[String], compiled: &[String]) -> Result<Vec<Library>, Error> {
        let folder = self.library_dir();
        fs::create_dir_all(&folder).map_err(Error::file("create", &folder))?;
        let place = |name: &String| {
            let path = folder.join(format!("lib{name}.a"));
            if let Some(hit) = self.hits.get(name) {
                store::place(&hit.library, &path).map_err(Error::file("write", &path))?;
            }
            Ok(Library {
                name: name.clone(),
                path,
                compiled: compiled.contains(name),
            })
        };
        names.iter().map(place).collect()
    }

    fn library_dir(&self) -> PathBuf {
        self.configuration.out_dir.join("lib")
    }

    fn end(
        self,
        libraries: Vec<Library>,
        own_count: usize,
        own: Vec<Library>,
        image: Option<PathBuf>,
    ) -> Built {
        Built {
            libraries,
            own_count,
            own,
            library_dir: self.library_dir(),
            image,
            include_dirs: self.include_dirs(),
            machine: self.setup.target.machine.clone(),
            dependencies: self.dependencies(),
            tree: self.setup.tree.root().to_owned(),
            statistics: self.statistics,
        }
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
        recipe.check_packaged(&self.setup)?;
        self.find(recipe, question);
        Ok(())
    }

    /// The same for a component of the user's own, and gives its name.
    fn look_up_own(&mut self, own: &OwnComponent) -> Result<String, Error> {
        match own {
            OwnComponent::Folder(folder) => {
                let component = own::of_folder(&self.setup, folder)?;
                let name = component.name.clone();
                let recipe = Recipe::new(&self.setup, component)?;
                self.find(recipe, None);
                Ok(name)
            }
            OwnComponent::Files(files) => {
                own::check_name(&files.name)?;
                let question = self.setup.question(&files.name);
                let question = question.and_then(|question| files.question(question));
                if !self.recall(&files.name, question.as_ref()) {
                    let described = files.described(&self.setup.base()?);
                    let recipe = Recipe::new(&self.setup, described)?;
                    self.find(recipe, question);
                }
                Ok(files.name.clone())
            }
        }
    }

    /// What is not named by the settings.
    fn look_up_others(&mut self, own: &[OwnComponent]) -> Result<Vec<String>, Error> {
        own.iter().map(|own| self.look_up_own(own)).collect()
    }

    fn recall(&mut self, name: &str, question: Option<&store::Key>) -> bool {
        let target = &self.setup.target.triple;
        let Some(question) = question else {
            return false;
        };
        for store in &self.setup.stores {
            match store.recall(target, name, question) {
                Ok(Some(hit)) if is_up_to_date(&hit, &mut self.digests) => {
                    self.hits.insert(name.to_owned(), hit);
                    return true;
                }
                Ok(_) => {}
                Err(damaged) => note_damage(&mut self.damaged, damaged),
            }
        }
        false
    }

    fn find(&mut self, recipe: Recipe, question: Option<store::Key>) {
        let target = &self.setup.target.triple;
        let name = recipe.component.name.clone();
        for store in &self.setup.stores {
            match store.find(target, &name, &recipe.key, &mut self.digests) {
                Ok(Some(hit)) => {
                    self.setup.remember(store, &name, question.as_ref(), &hit);
                    self.hits.insert(name, hit);
                    return;
                }
                Ok(None) => {}
                Err(damaged) => note_damage(&mut self.damaged, damaged),
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

/// Libraries lie in one folder.
fn check_names<'n>(names: impl Iterator<Item = &'n String>) -> Result<(), Error> {
    let mut known = HashSet::new();
    for name in names {
        if !known.insert(name) {
            return Err(Error::NameTaken(name.clone()));
        }
    }
    Ok(())
}

/// A library is looked for twice, by its question and by its recipe.
fn note_damage(known: &mut Vec<Damaged>, damaged: Damaged) {
    if !known.contains(&damaged) {
        known.push(damaged);
    }
}

/// A question stands for the whole tree; what else a library was made from is looked at.
fn is_up_to_date(hit: &Hit, digests: &mut FileDigests) -> bool {
    hit.outside_inputs()
        .is_ok_and(|inputs| inputs.iter().all(|input| digests.agree(input)))
}
