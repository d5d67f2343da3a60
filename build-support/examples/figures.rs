//! What builds cost: prints the figures that the project promises.
//!
//! ```text
//! cargo run --release -p rumpkernel-build --example figures
//! ```
//!
//! Sources come from where the usual variables say; built components go to a temporary store.

use std::error::Error;
use std::num::NonZeroUsize;
use std::path::Path;
use std::thread;

use rumpkernel_build::bsdmake;
use rumpkernel_build::builder::{Built, Configuration, build, sources};
use rumpkernel_build::component::{Catalogue, Entry, Kind, Options};
use rumpkernel_build::settings::Settings;
use rumpkernel_build::snapshot::Warnings;
use rumpkernel_build::target::Target;

/// tmpfs and ffs with all that they need.
const FILE_SYSTEMS: [&str; 6] = [
    "rump",
    "rumpdev",
    "rumpvfs",
    "rumpdev_disk",
    "rumpfs_tmpfs",
    "rumpfs_ffs",
];

/// What TCP/IP adds.
const NETWORK: [&str; 3] = ["rumpnet", "rumpnet_net", "rumpnet_netinet"];

/// What the host's sockets cannot be together with.
const SOCKIN: &str = "rumpnet_sockin";

const TARGET: &str = "x86_64-unknown-linux-gnu";

fn main() -> Result<(), Box<dyn Error>> {
    let jobs = thread::available_parallelism()?;
    let mut settings = Settings::read(TARGET, &|name| std::env::var_os(name))?;
    let mut warnings = Warnings::default();
    // The store is to be empty, the sources are not to be fetched again.
    let tree = sources(&settings, None, &mut warnings)?.root().to_owned();
    settings.source = Some(tree.clone());

    println!("compiled with {jobs} jobs at once:");
    for debug in [false, true] {
        let profile = if debug { "debug" } else { "release" };
        let folder = tempfile::tempdir()?;
        let mut selection: Vec<&str> = FILE_SYSTEMS.to_vec();
        let mut step = |what: &str, selection: &[&str]| -> Result<(), Box<dyn Error>> {
            let configuration = configuration(&settings, selection, debug, folder.path(), jobs);
            let built = build(&configuration, &mut warnings)?;
            show(&format!("{profile}, {what}"), &built, jobs);
            Ok(())
        };
        step("tmpfs and ffs, empty store", &selection)?;
        selection.extend(NETWORK);
        step("netinet besides", &selection)?;
        step("nothing to compile", &selection)?;
    }
    println!("every component, release:");
    every_component(&settings, &tree, jobs, &mut warnings)?;
    let (files, bytes) = size(&tree)?;
    println!("the sources: {files} files, {:.1} MB", bytes as f64 / 1e6);
    println!("peak memory: {} MB", peak_memory()? / 1000);
    for warning in warnings.0 {
        println!("warning: {warning}");
    }
    Ok(())
}

/// What NetBSD's own build makes without being asked for more, then what it makes only on demand.
fn every_component(
    settings: &Settings,
    tree: &Path,
    jobs: NonZeroUsize,
    warnings: &mut Warnings,
) -> Result<(), Box<dyn Error>> {
    let machine = Target::from_triple(TARGET)?.machine;
    let make = bsdmake::Tree::new(tree);
    let catalogue = Catalogue::read(&make, &machine, &Options::default(), &|_| None)?;
    let entries = || {
        catalogue
            .entries
            .iter()
            .filter(|entry| entry.name != SOCKIN)
    };
    let names = |is_chosen: &dyn Fn(&&Entry) -> bool| -> Vec<&str> {
        let chosen = entries().filter(is_chosen);
        chosen.map(|entry| entry.name.as_str()).collect()
    };
    let folder = tempfile::tempdir()?;
    let mut step = |what: &str, selection: &[&str]| -> Result<(), Box<dyn Error>> {
        let configuration = configuration(settings, selection, false, folder.path(), jobs);
        show(what, &build(&configuration, warnings)?, jobs);
        Ok(())
    };
    let mut selection = names(&|entry| entry.default && entry.name != "rumpfs_msdos");
    step(
        "the default build but one file system, empty store",
        &selection,
    )?;
    selection.push("rumpfs_msdos");
    step("that file system besides", &selection)?;
    selection.extend(names(&|entry| !entry.default && entry.kind == Kind::Device));
    step("the PCI family besides", &selection)?;
    selection.extend(names(&|entry| !entry.default && entry.kind != Kind::Device));
    step("emulations and ZFS besides", &selection)
}

/// How many files a folder holds, and how many bytes are in them.
fn size(folder: &Path) -> Result<(usize, u64), Box<dyn Error>> {
    let (mut files, mut bytes) = (0, 0);
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            let inside = size(&entry.path())?;
            files += inside.0;
            bytes += inside.1;
        } else if kind.is_file() {
            files += 1;
            bytes += entry.metadata()?.len();
        }
    }
    Ok((files, bytes))
}

/// The most memory that this process has had resident, in kilobytes: what a build script takes.
fn peak_memory() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.ok_or("no VmHWM in /proc/self/status")?.parse()?)
}

fn configuration(
    settings: &Settings,
    selection: &[&str],
    debug: bool,
    folder: &Path,
    jobs: NonZeroUsize,
) -> Configuration {
    let mut settings = settings.clone();
    settings.cache_dir = Some(folder.join("cache"));
    Configuration {
        components: selection.iter().map(|&name| name.to_owned()).collect(),
        own: Vec::new(),
        target: TARGET.to_owned(),
        host: TARGET.to_owned(),
        debug_assertions: debug,
        debuginfo: debug,
        out_dir: folder.join("out"),
        jobs,
        image: None,
        lld: None,
        vendored: None,
        compiler: None,
        settings,
    }
}

fn show(what: &str, built: &Built, jobs: NonZeroUsize) {
    let statistics = built.statistics;
    let cpu = statistics.compiler_time.as_secs_f64();
    let wall = statistics.elapsed.as_secs_f64();
    let jobs = f64::from(u32::try_from(jobs.get()).unwrap_or(u32::MAX));
    let ratio = if cpu > 0.0 {
        format!(", {:.2} x CPU / jobs", wall * jobs / cpu)
    } else {
        String::new()
    };
    println!(
        "  {what}: {} files, {} components reused, {cpu:.1} s CPU, {wall:.2} s wall{ratio}",
        statistics.compiled_files, statistics.reused_components
    );
}
