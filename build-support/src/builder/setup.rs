//! What all components of a build share.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::links::Links;
use super::{BASE_DIRECTORY, Configuration, Error, source};
use crate::bsdmake;
use crate::compile::flags::Flags;
use crate::compile::{Compiler, Search};
use crate::component::{self, Catalogue, Component, Options};
use crate::config;
use crate::snapshot::Tree;
use crate::store::{Key, KeyBuilder, Store};
use crate::target::Target;

/// Everything that is known before the first component is looked at.
pub(super) struct Setup {
    pub(super) target: Target,
    pub(super) tree: Tree,
    pub(super) compiler: Compiler,
    pub(super) flags: Flags,
    pub(super) links: Links,
    pub(super) config: config::Files,
    /// Stores to look in, in this order. The first is the user's, the second the build's own, for
    /// when the first cannot be written.
    pub(super) stores: [Store; 2],
    /// A text that is another for every build whose results may differ.
    pub(super) identity: String,
    options: Options,
    make: bsdmake::Tree,
    directories: OnceLock<HashMap<String, PathBuf>>,
}

impl Setup {
    pub(super) fn new(
        configuration: &Configuration,
        target: Target,
        tree: Tree,
    ) -> Result<Self, Error> {
        let settings = &configuration.settings;
        let out_dir = &configuration.out_dir;
        let compiler = Compiler::find(&Search {
            target: &target,
            host: &configuration.host,
            scratch: out_dir,
            program: configuration.compiler.as_deref(),
        })?;
        let debuginfo = settings.debuginfo.unwrap_or(configuration.debuginfo);
        let flags = Flags::new(&compiler, debuginfo, &settings.cflags);
        let options = settings.options(configuration.debug_assertions);
        let identity = format!(
            "{}\n{}\n{flags:?}\n{options:?}",
            target.triple,
            compiler.identity()
        );
        let stores = [
            Store::new(&source::cache_dir(configuration)?),
            Store::new(&out_dir.join("store")),
        ];
        Ok(Self {
            links: Links::make(out_dir.join("include"), &target, tree.root())?,
            config: config::Files::new(tree.root().join("sys")),
            make: bsdmake::Tree::new(tree.root()),
            directories: OnceLock::new(),
            target,
            tree,
            compiler,
            flags,
            stores,
            identity,
            options,
        })
    }

    /// The key of the question which library a component of this tree is; none for trees that are
    /// not known by a digest.
    pub(super) fn question(&self, component: &str) -> Option<KeyBuilder> {
        let digest = self.tree.digest()?;
        let question = KeyBuilder::new("question")
            .add(component)
            .add(digest.to_string())
            .add(&self.identity);
        Some(question)
    }

    /// Evaluates a component's Makefile.
    pub(super) fn component(&self, name: &str) -> Result<Component, Error> {
        let directories = self.directories()?;
        let directory = directories.get(name).ok_or_else(|| {
            let mut known: Vec<String> = directories.keys().cloned().collect();
            known.sort();
            Error::UnknownComponent {
                name: name.to_owned(),
                tree: self.tree.root().to_owned(),
                known,
            }
        })?;
        self.evaluate(directory)
    }

    /// The base, whose flags components from outside of the tree are compiled with.
    pub(super) fn base(&self) -> Result<Component, Error> {
        self.evaluate(Path::new(BASE_DIRECTORY))
    }

    fn evaluate(&self, directory: &Path) -> Result<Component, Error> {
        let machine = &self.target.machine;
        let probes = |probe: &str| self.probe(probe);
        Ok(component::evaluate(
            &self.make,
            directory,
            machine,
            &self.options,
            &probes,
        )?)
    }

    fn directories(&self) -> Result<&HashMap<String, PathBuf>, Error> {
        if let Some(directories) = self.directories.get() {
            return Ok(directories);
        }
        let probes = |probe: &str| self.probe(probe);
        let machine = &self.target.machine;
        let catalogue = Catalogue::read(&self.make, machine, &self.options, &probes)?;
        let entries = catalogue.entries.into_iter();
        let directories = entries.map(|entry| (entry.name, entry.directory)).collect();
        Ok(self.directories.get_or_init(|| directories))
    }

    /// What `common/lib/libc/arch/arm/features.c` finds out, from the compiler's macros.
    fn probe(&self, probe: &str) -> Option<bool> {
        let level: u32 = self.compiler.value("__ARM_ARCH")?.parse().ok()?;
        let defines = |name| self.compiler.defines(name);
        match probe {
            "EABI_TEST" => Some(defines("__ARM_EABI__")),
            "LDREX_TEST" => Some(level >= 6),
            "LDRD_TEST" => {
                let early = ["__ARM_ARCH_5TE__", "__ARM_ARCH_5TEJ__"];
                Some(level >= 6 || early.into_iter().any(defines))
            }
            "THUMB2_TEST" => Some(level >= 7 || defines("__ARM_ARCH_6T2__")),
            _ => None,
        }
    }
}

/// Where a component is compiled.
pub(super) fn object_folder(out_dir: &Path, component: &str) -> PathBuf {
    out_dir.join("objects").join(component)
}

/// A question about a component of the user's own, whose sources are in no tree.
pub(super) fn own_question(
    question: KeyBuilder,
    sources: &[PathBuf],
    flags: &[String],
) -> Option<Key> {
    let mut question = question.add_all(flags);
    for source in sources {
        let content = fs::read(source).ok()?;
        question = question
            .add(source.as_os_str().as_encoded_bytes())
            .add(content);
    }
    Some(question.key())
}
