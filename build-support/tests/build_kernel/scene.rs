//! What the tests have in common: a tree, a build, a folder to keep.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;

use rumpkernel_build::builder::{Built, Configuration, Error, build, sources};
use rumpkernel_build::settings::Settings;
use rumpkernel_build::snapshot::Warnings;
use rumpkernel_harness::{Missing, installed};

pub(crate) const HOST: &str = "x86_64-unknown-linux-gnu";

/// A component that needs little.
pub(crate) const SMALL: &str = "rumpfs_kernfs";

/// Everything that the first programs need.
pub(crate) const KERNEL: [&str; 12] = [
    "rump",
    "rumpdev",
    "rumpnet",
    "rumpvfs",
    "rumpdev_disk",
    "rumpfs_ffs",
    "rumpfs_kernfs",
    "rumpfs_tmpfs",
    "rumpnet_local",
    "rumpnet_net",
    "rumpnet_netinet",
    "rumpnet_netinet6",
];

/// A build into `folder`, with sources from where the environment says but no network. Profile and
/// store are those of the workspace's own development build, which has compiled nearly everything.
pub(crate) fn configuration(folder: &Path, components: &[&str]) -> Configuration {
    let mut settings = Settings::read(HOST, &|name| std::env::var_os(name)).unwrap();
    settings.offline = true;
    if let Ok(tree) = sources(&settings, None, &mut Warnings::default()) {
        settings.source = Some(tree.root().to_owned());
    }
    Configuration {
        components: components.iter().map(|&name| name.to_owned()).collect(),
        own: Vec::new(),
        target: HOST.to_owned(),
        host: HOST.to_owned(),
        debug_assertions: true,
        debuginfo: false,
        out_dir: folder.to_owned(),
        jobs: NonZeroUsize::new(2).unwrap(),
        image: None,
        lld: None,
        vendored: None,
        compiler: None,
        settings,
    }
}

/// Builds, or says why the test cannot run here.
pub(crate) fn run(configuration: &Configuration) -> Result<Result<Built, Error>, Missing> {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        return Err(Missing::on_this_machine(format!("it is for {HOST}")));
    }
    match build(configuration, &mut Warnings::default()) {
        Err(Error::Sources(error)) => Err(Missing::tool(error)),
        result => Ok(result),
    }
}

/// A folder that later runs of the tests find again, so that they need not compile.
pub(crate) fn kept(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

pub(crate) fn nm(arguments: &[&str], libraries: &[PathBuf]) -> Result<BTreeSet<String>, Missing> {
    installed("nm")?;
    let output = Command::new("nm").args(arguments).args(libraries).output();
    let text = String::from_utf8(output.unwrap().stdout).unwrap();
    let names = text.lines().filter(|line| !line.ends_with(':'));
    Ok(names
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect())
}
