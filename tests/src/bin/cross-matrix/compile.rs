//! What a kernel costs to compile for a target.

use std::error::Error;
use std::fs;
use std::num::NonZeroUsize;
use std::thread;
use std::time::Duration;

use rumpkernel_build::builder::{self, Configuration};
use rumpkernel_build::settings::Settings;
use rumpkernel_build::snapshot::Warnings;

/// tmpfs, FFS and TCP/IP; what these need comes with them.
const COMPONENTS: [&str; 3] = ["rumpfs_tmpfs", "rumpfs_ffs", "rumpnet_netinet"];
const HOST: &str = "x86_64-unknown-linux-gnu";

/// What a build gave.
pub(crate) struct Compiled {
    /// The compilers' processor time.
    pub(crate) cpu: Duration,
    /// How large the libraries are together.
    pub(crate) bytes: u64,
}

/// Compiles into an empty store, in release, without debug information.
pub(crate) fn kernel(target: &str) -> Result<Compiled, Box<dyn Error>> {
    let mut settings = Settings::read(target, &|name| std::env::var_os(name))?;
    let mut warnings = Warnings::default();
    // The store is to be empty, the sources are not to be fetched again.
    let tree = builder::sources(&settings, None, &mut warnings)?;
    settings.source = Some(tree.root().to_owned());
    let folder = tempfile::tempdir()?;
    settings.cache_dir = Some(folder.path().join("cache"));
    let configuration = Configuration {
        components: COMPONENTS.map(str::to_owned).to_vec(),
        own: Vec::new(),
        target: target.to_owned(),
        host: HOST.to_owned(),
        debug_assertions: false,
        debuginfo: false,
        image: None,
        lld: None,
        out_dir: folder.path().join("out"),
        jobs: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        vendored: None,
        compiler: None,
        settings,
    };
    let built = builder::build(&configuration, &mut warnings)?;
    let sizes = built
        .libraries
        .iter()
        .map(|library| Ok(fs::metadata(&library.path)?.len()));
    Ok(Compiled {
        cpu: built.statistics.compiler_time,
        bytes: sizes.sum::<Result<u64, std::io::Error>>()?,
    })
}
