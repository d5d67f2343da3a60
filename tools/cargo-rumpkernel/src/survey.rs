//! A snapshot's sources, opened to be asked about its components.

use std::path::Path;
use std::sync::Arc;

use rumpkernel_build::component::{self, Catalogue, Component, Options};
use rumpkernel_build::snapshot::manifest::Manifest;
use rumpkernel_build::snapshot::{Pin, Tree};
use rumpkernel_build::target::Target;
use rumpkernel_build::{bsdmake, config};

use crate::bar::Bar;
use crate::cli::Sources;
use crate::error::Error;

/// An open source tree, whole and verified.
pub(crate) struct Survey {
    pub(crate) pin: &'static Pin,
    pub(crate) tree: Tree,
    pub(crate) manifest: Arc<Manifest>,
    pub(crate) make: bsdmake::Tree,
    pub(crate) config: config::Files,
}

impl Survey {
    /// Opens the snapshot that the command line names, and brings it into the cache if need be.
    pub(crate) fn open(sources: &Sources) -> Result<Self, Error> {
        let pin = sources.pin()?;
        let tree = sources.import(&mut Bar::new(&pin.name))?;
        // A tree in the cache has one.
        let manifest = tree.manifest()?.unwrap_or_default();
        Ok(Self {
            pin,
            manifest,
            make: bsdmake::Tree::new(tree.root()),
            config: config::Files::new(tree.root().join("sys")),
            tree,
        })
    }

    /// The snapshot's components as a target sees them.
    pub(crate) fn catalogue(&self, target: &Target) -> Result<Catalogue, Error> {
        let options = Options::default();
        Ok(Catalogue::read(
            &self.make,
            &target.machine,
            &options,
            &|_| Some(true),
        )?)
    }

    /// What a component is made of. `probes` is what is taken for the compiler's answer to all questions.
    pub(crate) fn component(
        &self,
        directory: &Path,
        target: &Target,
        options: &Options,
        probes: bool,
    ) -> Result<Component, component::Error> {
        component::evaluate(&self.make, directory, &target.machine, options, &|_| {
            Some(probes)
        })
    }
}
