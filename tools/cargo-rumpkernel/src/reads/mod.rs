//! Which files of a tree the builds of some components can read.
//!
//! Makefiles are evaluated for every target, and includes are followed whatever `#if` they lie in. So the
//! answer is the same for every compiler and every setting: a little more than one build reads, never less.

mod includes;
mod search;

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use rumpkernel_build::builder;
use rumpkernel_build::component::{Component, CurLwp, Options, Origin};
use rumpkernel_build::target::{Target, repair};

use crate::error::Error;
use crate::survey::Survey;
use includes::Walk;
use search::Search;

/// Headers that rumpkernel-sys checks its bindings against in every build.
const BOUND: &str = include_str!("../../embedded/headers.h");
/// What that is called among the sources of the base.
const BOUND_NAME: &str = "headers.h";
/// Where the base lies, with whose flags it is compiled.
const BASE: &str = "sys/rump/librump/rumpkern";

/// The files, relative to the tree, with `/`.
#[derive(Default)]
pub(crate) struct Reads {
    /// Sources and headers.
    pub(crate) compiled: BTreeSet<String>,
    /// Makefiles, and files of config(1) and the like that others are made from.
    pub(crate) described: BTreeSet<String>,
}

impl Reads {
    /// All of them.
    pub(crate) fn all(&self) -> BTreeSet<&String> {
        self.compiled.union(&self.described).collect()
    }

    /// What building `components`, and what these need, can read for any of `targets`.
    pub(crate) fn of(
        survey: &Survey,
        components: &[String],
        targets: &[Target],
    ) -> Result<Self, Error> {
        let (reads, refused) = Self::where_possible(survey, components, targets);
        match refused.into_iter().next() {
            Some((_, error)) => Err(error),
            None => Ok(reads),
        }
    }

    /// The same, and the targets for which they cannot be built, with the reasons.
    pub(crate) fn where_possible<'t>(
        survey: &Survey,
        components: &[String],
        targets: &'t [Target],
    ) -> (Self, Vec<(&'t Target, Error)>) {
        let mut reads = Self::default();
        let mut refused = Vec::new();
        let mut walk = Walk::new(survey);
        for target in targets {
            let outcome = reads.add_target(survey, components, target, &mut walk);
            refused.extend(outcome.err().map(|error| (target, error)));
        }
        reads.described.extend(survey.make.makefiles_read());
        (reads, refused)
    }

    fn add_target(
        &mut self,
        survey: &Survey,
        components: &[String],
        target: &Target,
        walk: &mut Walk<'_>,
    ) -> Result<(), Error> {
        let catalogue = survey.catalogue(target)?;
        for entry in catalogue.closure(components)? {
            for (options, probes) in variants() {
                let component = survey.component(&entry.directory, target, &options, probes)?;
                self.add(survey, &component, target, walk)?;
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        survey: &Survey,
        component: &Component,
        target: &Target,
        walk: &mut Walk<'_>,
    ) -> Result<(), Error> {
        let root = survey.tree.root();
        let (mut generated, made_from) = builder::generate(component, root, &survey.config)?;
        for file in &made_from {
            let inside = file.strip_prefix(root).ok().and_then(Path::to_str);
            // A file that an ioconf only would include need not be there.
            let listed = inside.filter(|path| survey.manifest.get(path).is_some());
            self.described.extend(listed.map(str::to_owned));
        }
        // Sources that are searched for alike are walked from together.
        let mut sources: HashMap<Search, Vec<String>> = HashMap::new();
        for source in &component.sources {
            let (own, begin) = match &source.origin {
                Origin::Tree(path) => (Some(path), path.to_string_lossy().into_owned()),
                Origin::Generated(name) => (None, name.clone()),
            };
            let addition = own.and_then(|path| repair::addition(path));
            generated.extend(addition.map(|addition| builder::GeneratedFile {
                name: addition.name.to_owned(),
                text: addition.text.to_owned(),
            }));
            let replacement = own.and_then(|path| repair::replacement(path, &target.machine));
            let begins = [
                Some(begin),
                addition.map(|addition| addition.name.to_owned()),
            ];
            let begins = begins.into_iter().flatten();
            let replacing = replacement.unwrap_or_default().iter();
            let begins = begins.chain(replacing.map(|&path| path.to_owned()));
            let first = if source.origin.is_assembly() {
                &component.aflags
            } else {
                &component.cflags
            };
            let flags = first.iter().chain(&component.cppflags).chain(&source.flags);
            let search = Search::new(flags, target);
            sources.entry(search).or_default().extend(begins);
        }
        if component.directory == Path::new(BASE) {
            let flags = component.cflags.iter().chain(&component.cppflags);
            generated.push(builder::GeneratedFile {
                name: BOUND_NAME.to_owned(),
                text: BOUND.to_owned(),
            });
            let bound = sources.entry(Search::new(flags, target)).or_default();
            bound.push(BOUND_NAME.to_owned());
        }
        for (search, begins) in &sources {
            walk.from(begins, search, &generated, &mut self.compiled)?;
        }
        Ok(())
    }
}

/// Two sets of choices which between them make every choice both ways.
fn variants() -> [(Options, bool); 2] {
    let other = Options {
        diagnostic: false,
        debug: true,
        lockdebug: true,
        ktrace: false,
        locks_up: true,
        curlwp: CurLwp::Hypercall,
        nbcompat: "none".to_owned(),
    };
    [(Options::default(), true), (other, false)]
}
