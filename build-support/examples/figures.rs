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

use rumpkernel_build::builder::{Built, Configuration, build};
use rumpkernel_build::settings::Settings;
use rumpkernel_build::snapshot::{self, Request, Warnings};

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

const TARGET: &str = "x86_64-unknown-linux-gnu";

fn main() -> Result<(), Box<dyn Error>> {
    let jobs = thread::available_parallelism()?;
    let mut settings = Settings::read(TARGET, &|name| std::env::var_os(name))?;
    let cache = match &settings.cache_dir {
        Some(folder) => folder.clone(),
        None => snapshot::default_cache_dir()?,
    };
    let mut warnings = Warnings::default();
    if settings.source.is_none() {
        // The store is to be empty, the sources are not to be fetched again.
        let tree = snapshot::obtain(&Request::new(snapshot::default_pin(), cache), &mut warnings)?;
        settings.source = Some(tree.root().to_owned());
    }

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
    for warning in warnings.0 {
        println!("warning: {warning}");
    }
    Ok(())
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
        image: false,
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
