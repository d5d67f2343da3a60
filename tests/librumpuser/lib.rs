//! NetBSD's own hypercalls, in C, compiled from a snapshot: what ours are compared with.

use std::path::Path;
use std::{fs, io};

const SOURCES: [&str; 12] = [
    "rumpuser.c",
    "rumpuser_bio.c",
    "rumpuser_component.c",
    "rumpuser_daemonize.c",
    "rumpuser_dl.c",
    "rumpuser_errtrans.c",
    "rumpuser_file.c",
    "rumpuser_mem.c",
    "rumpuser_pth.c",
    "rumpuser_random.c",
    "rumpuser_sigtrans.c",
    "rumpuser_sp.c",
];

/// What the Makefile installs into `rump`, where the sources look for it.
const INSTALLED: [&str; 2] = ["rumpuser_component.h", "rumpuser_port.h"];

/// Returns what compiles librumpuser of a source tree, as buildrump.sh's release builds do on Linux
/// with glibc. Headers are put into `folder`.
///
/// # Errors
///
/// When the headers cannot be copied.
pub fn build(tree: &Path, folder: &Path) -> io::Result<cc::Build> {
    let sources = tree.join("lib/librumpuser");
    let installed = folder.join("include/rump");
    fs::create_dir_all(&installed)?;
    for name in INSTALLED {
        fs::copy(sources.join(name), installed.join(name))?;
    }
    let mut build = cc::Build::new();
    build
        .files(SOURCES.map(|name| sources.join(name)))
        .include(concat!(env!("CARGO_MANIFEST_DIR"), "/include"))
        .include(folder.join("include"))
        .include(&sources)
        .include(tree.join("sys/rump/include"))
        .define("LIBRUMPUSER", None)
        .define("_KERNTYPES", None)
        .define("_REENTRANT", None)
        .define("RUMPUSER_CONFIG", "yes")
        .opt_level(2)
        .debug(false)
        .warnings(false);
    Ok(build)
}
