//! The build itself: look every component up, compile what is missing, all at once.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::finish::Unfinished;
use super::recipe::Recipe;
use super::setup::{Setup, object_folder, own_question};
use super::{Built, Configuration, Error, Library, OwnComponent, Statistics, described, selection};
use crate::compile::pool::Tokens;
use crate::compile::{Command, Compiled};
use crate::namespace::{self, Rules};
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

/// One compilation of a build.
struct Job {
    component: usize,
    source: usize,
    command: Command,
    weight: u64,
}

/// What is left of a job that is done.
struct Done {
    component: usize,
    source: usize,
    object: String,
    compiled: Compiled,
}

impl<'a> Build<'a> {
    pub(super) fn begin(
        configuration: &'a Configuration,
        target: Target,
        tree: Tree,
    ) -> Result<Self, Error> {
        let digests = FileDigests::new(tree.root());
        Ok(Self {
            configuration,
            setup: Setup::new(configuration, target, tree)?,
            digests,
            hits: HashMap::new(),
            unfinished: Vec::new(),
            statistics: Statistics::default(),
        })
    }

    pub(super) fn run(mut self, progress: &mut dyn Progress) -> Result<Built, Error> {
        let names = selection(self.configuration);
        for name in &names {
            self.look_up(name)?;
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
        self.compile(progress)?;

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
        let libraries = names.iter().map(place).collect::<Result<_, _>>()?;
        let own = self.configuration.own.iter().map(|own| place(&own.name));
        let own = own.collect::<Result<_, _>>()?;
        if !compiled.is_empty() {
            self.evict(progress);
        }
        let tree = self.setup.tree.root().to_owned();
        Ok(Built {
            libraries,
            own,
            library_dir,
            include_dirs: self.include_dirs(),
            machine: self.setup.target.machine.clone(),
            dependencies: self.dependencies(),
            tree,
            statistics: self.statistics,
        })
    }

    /// Finds a component of the tree in a store, or plans its compilation.
    fn look_up(&mut self, name: &str) -> Result<(), Error> {
        let question = self.setup.question(name).map(store::KeyBuilder::key);
        if self.recall(name, question.as_ref()) {
            return Ok(());
        }
        let recipe = Recipe::new(&self.setup, self.setup.component(name)?)?;
        self.find(recipe, question);
        Ok(())
    }

    /// The same for a component of the user's own.
    fn look_up_own(&mut self, own: &OwnComponent) -> Result<(), Error> {
        let question = self.setup.question(&own.name);
        let question = question.and_then(|key| own_question(key, &own.sources, &own.flags));
        if self.recall(&own.name, question.as_ref()) {
            return Ok(());
        }
        let recipe = Recipe::new(&self.setup, described(own, &self.setup.base()?))?;
        self.find(recipe, question);
        Ok(())
    }

    fn recall(&mut self, name: &str, question: Option<&store::Key>) -> bool {
        let target = &self.setup.target.triple;
        let hit = question.and_then(|question| {
            let mut stores = self.setup.stores.iter();
            stores.find_map(|store| store.recall(target, name, question))
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

    /// Compiles everything that was planned, the longest first.
    fn compile(&mut self, progress: &mut dyn Progress) -> Result<(), Error> {
        if self.unfinished.is_empty() {
            return Ok(());
        }
        let mut jobs = Vec::new();
        for (component, unfinished) in self.unfinished.iter().enumerate() {
            unfinished.recipe.prepare(&unfinished.folder)?;
            let commands = unfinished.recipe.commands(&self.setup, &unfinished.folder);
            for (source, command) in commands.into_iter().enumerate() {
                jobs.push(Job {
                    component,
                    source,
                    weight: command.weight(),
                    command,
                });
            }
        }
        jobs.sort_by_key(|job| std::cmp::Reverse(job.weight));
        self.statistics.compiled_files = jobs.len();

        let setup = &self.setup;
        let plan: Vec<(String, Vec<bool>)> = self
            .unfinished
            .iter()
            .map(|unfinished| {
                let component = &unfinished.recipe.component;
                let rename = component.sources.iter().map(|source| source.rename);
                (component.name.clone(), rename.collect())
            })
            .collect();
        let work = |job: Job| {
            let (name, rename) = &plan[job.component];
            let rules = Rules {
                target: &setup.target,
                rename: rename[job.source],
                weak: namespace::weak_symbols(name),
            };
            let compiled = job.command.run(&setup.compiler, &rules)?;
            Ok::<_, Error>(Done {
                component: job.component,
                source: job.source,
                object: job.command.object,
                compiled,
            })
        };

        let (digests, hits) = (&mut self.digests, &mut self.hits);
        let mut unfinished: Vec<Option<Unfinished>> = self.unfinished.drain(..).map(Some).collect();
        let mut take = |done: Done| {
            let Some(place) = unfinished.get_mut(done.component) else {
                return Ok(());
            };
            if let Some(component) = place {
                component.take(done.source, done.object, done.compiled);
            }
            if let Some(component) = place.take_if(|component| component.is_complete()) {
                let name = component.recipe.component.name.clone();
                hits.insert(name, component.finish(setup, digests, progress)?);
            }
            Ok(())
        };
        let before = children_time();
        Tokens::new(self.configuration.jobs)?.run(jobs, &work, &mut take)?;
        self.statistics.compiler_time = children_time().saturating_sub(before);
        Ok(())
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

    /// Files of a tree that its user may change.
    fn dependencies(&self) -> Vec<PathBuf> {
        let is_users = self.configuration.settings.source.is_some();
        let root = self.setup.tree.root();
        let mut inputs: Vec<PathBuf> = Vec::new();
        for hit in self.hits.values() {
            for input in hit.inputs().unwrap_or_default() {
                if is_users || Path::new(&input.path).is_absolute() {
                    inputs.push(root.join(input.path));
                }
            }
        }
        inputs.sort();
        inputs.dedup();
        inputs
    }
}

/// The processor time of all child processes that have ended.
fn children_time() -> Duration {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is to a whole rusage, which the call fills in.
    let status = unsafe { libc::getrusage(libc::RUSAGE_CHILDREN, usage.as_mut_ptr()) };
    if status != 0 {
        return Duration::ZERO;
    }
    // SAFETY: zeroes are a valid rusage, and so is what a successful call wrote.
    let usage = unsafe { usage.assume_init() };
    let time = |value: libc::timeval| {
        let seconds = u64::try_from(value.tv_sec).unwrap_or(0);
        let microseconds = u64::try_from(value.tv_usec).unwrap_or(0);
        Duration::from_secs(seconds) + Duration::from_micros(microseconds)
    };
    time(usage.ru_utime) + time(usage.ru_stime)
}
