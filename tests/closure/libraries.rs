//! Components of the default snapshot, compiled when they are first asked for.

use std::num::NonZeroUsize;
use std::{env, thread};

use libtest_mimic::Failed;
use rumpkernel_build::bsdmake::Tree;
use rumpkernel_build::builder::{self, Configuration, Library};
use rumpkernel_build::compile::{Compiler, Search};
use rumpkernel_build::component::{Catalogue, Options, needs};
use rumpkernel_build::image::{self, Linker, Packed};
use rumpkernel_build::settings::Settings;
use rumpkernel_build::snapshot::{self, Warnings};
use rumpkernel_build::target::Target;
use tempfile::TempDir;

/// This machine, for its kernels are booted.
const HOST: &str = "x86_64-unknown-linux-gnu";

/// The catalogue, and what it takes to make a kernel of a part of it.
pub(crate) struct Libraries {
    pub(crate) catalogue: Catalogue,
    settings: Settings,
    target: Target,
    compiler: Compiler,
}

/// Some components and what they need, compiled.
pub(crate) struct Closure {
    /// The libraries, each before those that it needs.
    pub(crate) libraries: Vec<Library>,
    folder: TempDir,
}

impl Libraries {
    /// The default snapshot, or why it cannot be had here.
    pub(crate) fn of_default_snapshot() -> Result<Self, Failed> {
        if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
            return Err(format!("it is for {HOST}").into());
        }
        let mut settings = Settings::read(HOST, &|name| env::var_os(name))?;
        settings.offline = true;
        let cache = match &settings.cache_dir {
            Some(cache) => cache.clone(),
            None => snapshot::default_cache_dir()?,
        };
        let pin = snapshot::default_pin();
        let tree = snapshot::cached(pin, &cache).ok_or_else(|| {
            format!(
                "snapshot {} is not in the cache; `cargo rumpkernel fetch` brings it",
                pin.name
            )
        })?;
        let target = Target::from_triple(HOST)?;
        let make = Tree::new(tree.root());
        let catalogue = Catalogue::read(&make, &target.machine, &Options::default(), &|_| None)?;
        let scratch = tempfile::tempdir()?;
        let compiler = Compiler::find(&Search {
            target: &target,
            host: HOST,
            scratch: scratch.path(),
            program: None,
        })?;
        Ok(Self {
            catalogue,
            settings,
            target,
            compiler,
        })
    }

    /// Compiles the components and what they are declared to need.
    pub(crate) fn closure(&self, components: &[&str]) -> Result<Closure, Failed> {
        let folder = tempfile::tempdir()?;
        let configuration = Configuration {
            components: components.iter().map(|&name| name.to_owned()).collect(),
            own: Vec::new(),
            target: HOST.to_owned(),
            host: HOST.to_owned(),
            debug_assertions: false,
            debuginfo: false,
            image: None,
            lld: None,
            out_dir: folder.path().to_owned(),
            jobs: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            vendored: None,
            compiler: None,
            settings: self.settings.clone(),
        };
        let built = builder::build(&configuration, &mut Warnings::default())?;
        Ok(Closure {
            libraries: built.libraries,
            folder,
        })
    }

    /// A kernel image of the closure without the components of `left_out`.
    pub(crate) fn image(&self, closure: &Closure, left_out: &[&str]) -> Result<Packed, Failed> {
        let kept = |library: &&Library| !left_out.contains(&library.name.as_str());
        let paths: Vec<_> = closure
            .libraries
            .iter()
            .filter(kept)
            .map(|library| library.path.clone())
            .collect();
        let object = closure.folder.path().join("kernel.so");
        let linker = Linker::new(&self.compiler, None);
        image::link(linker, &self.target, &paths, &object)?;
        Ok(image::pack(&object, &self.target, &paths)?)
    }
}

/// The component alone, and once more with each alternative to what it needs first.
pub(crate) fn selections(component: &str) -> Vec<Vec<&str>> {
    let alternatives = needs(component)
        .into_iter()
        .flatten()
        .flat_map(|need| need.alternatives().skip(1));
    let mut selections = vec![vec![component]];
    for alternative in alternatives {
        let selection = vec![component, alternative];
        if !selections.contains(&selection) {
            selections.push(selection);
        }
    }
    selections
}
