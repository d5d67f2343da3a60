//! What all components of a build share.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::links::Links;
use super::pinned::Pinned;
use super::{BASE_DIRECTORY, Configuration, Error, source};
use crate::bsdmake;
use crate::compile::flags::Flags;
use crate::compile::{Compiler, Search};
use crate::component::{self, Catalogue, Component, CurLwp, Options};
use crate::config;
use crate::snapshot::{Progress, Tree};
use crate::store::{Hit, Key, KeyBuilder, Store};
use crate::target::Target;

/// The revision of the rules of repair, from this crate's build script. A recipe says what they
/// made of its sources; the answer to a question was given without a recipe.
const REPAIRS: &str = env!("REPAIRS_REVISION");

/// Everything that is known before the first component is looked at.
pub(super) struct Setup {
    pub(super) target: Target,
    pub(super) tree: Tree,
    pub(super) compiler: Compiler,
    /// The LLD that links the image, where the compiler does not.
    #[cfg(feature = "instances")]
    pub(super) lld: Option<PathBuf>,
    pub(super) flags: Flags,
    pub(super) links: Links,
    pub(super) config: config::Files,
    /// Stores to look in, in this order. The first is the user's, the second the build's own, for
    /// when the first cannot be written.
    pub(super) stores: [Store; 2],
    /// The manifest that the tree's files have to match.
    pub(super) pinned: Pinned,
    /// A text that is another for every build whose results may differ.
    pub(super) identity: String,
    /// Whether kernel code reports what C leaves undefined.
    pub(super) is_checked: bool,
    options: Options,
    make: bsdmake::Tree,
    has_warned: AtomicBool,
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
        let flags = Flags::new(&compiler, debuginfo, settings.ubsan, &settings.cflags);
        let mut options = settings.options(configuration.debug_assertions);
        if settings.curlwp.is_none() && !compiler.has_thread_locals() {
            options.curlwp = CurLwp::Hypercall;
        }
        let identity = format!(
            "{}\n{}\n{flags:?}\n{options:?}",
            target.triple,
            compiler.identity()
        );
        let stores = [
            Store::new(&source::cache_dir(&configuration.settings)?),
            Store::new(&out_dir.join("store")),
        ];
        Ok(Self {
            links: Links::make(out_dir.join("include"), &target, tree.root())?,
            config: config::Files::new(tree.root().join("sys")),
            make: makefiles(&tree)?,
            target,
            tree,
            compiler,
            #[cfg(feature = "instances")]
            lld: configuration.lld.clone(),
            flags,
            stores,
            pinned: Pinned::default(),
            identity,
            is_checked: settings.ubsan,
            options,
            has_warned: AtomicBool::new(false),
        })
    }

    /// The key of the question which library a component of this tree is; none for trees that are
    /// not known by a digest.
    pub(super) fn question(&self, component: &str) -> Option<KeyBuilder> {
        let digest = self.tree.digest()?;
        let question = KeyBuilder::new("question")
            .with(component)
            .with(digest.to_string())
            .with(REPAIRS)
            .with(&self.identity);
        Some(question)
    }

    /// Notes in `store` which library is the answer to a question about the tree. Where that fails
    /// the next build takes longer, no more.
    pub(super) fn remember(
        &self,
        store: &Store,
        component: &str,
        question: Option<&Key>,
        hit: &Hit,
    ) {
        if let (Some(question), Some(tree)) = (question, self.tree.digest()) {
            let target = &self.target.triple;
            let _ = store.remember(target, component, question, &tree.to_string(), hit);
        }
    }

    /// Passes on what concerns every component alike, the first time.
    pub(super) fn warn_once(&self, progress: &mut dyn Progress, message: &str) {
        if !self.has_warned.swap(true, Ordering::Relaxed) {
            progress.warn(message);
        }
    }

    /// The base, whose flags components from outside of the tree are compiled with.
    pub(super) fn base(&self) -> Result<Component, Error> {
        self.component(Path::new(BASE_DIRECTORY))
    }

    /// Evaluates a component's Makefile.
    pub(super) fn component(&self, directory: &Path) -> Result<Component, Error> {
        let machine = &self.target.machine;
        let probes = |probe: &str| self.probe(probe);
        let make = &self.make;
        Ok(component::evaluate(
            make,
            directory,
            machine,
            &self.options,
            &probes,
        )?)
    }

    /// Reads every component's name.
    pub(super) fn catalogue(&self) -> Result<Catalogue, Error> {
        let machine = &self.target.machine;
        let probes = |probe: &str| self.probe(probe);
        Ok(Catalogue::read(
            &self.make,
            machine,
            &self.options,
            &probes,
        )?)
    }

    /// Writes down what later builds need not work out again. Where that fails they take longer,
    /// no more.
    pub(super) fn write_note(&self, key: &Key, text: &str) {
        let target = &self.target.triple;
        let mut stores = self.stores.iter();
        stores.find(|store| store.write_note(target, key, text).is_ok());
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

/// The tree as Makefiles see it: whole, also where only a part of it is there.
fn makefiles(tree: &Tree) -> Result<bsdmake::Tree, Error> {
    if !tree.is_partial() {
        return Ok(bsdmake::Tree::new(tree.root()));
    }
    let manifest = tree.manifest()?.unwrap_or_default();
    let files = manifest.iter().map(|(path, _)| path);
    Ok(bsdmake::Tree::partial(tree.root(), files))
}

/// Where a component is compiled.
pub(super) fn object_folder(out_dir: &Path, component: &str) -> PathBuf {
    out_dir.join("objects").join(component)
}
