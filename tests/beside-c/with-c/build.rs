//! Compiles NetBSD's own hypercalls, from the snapshot that the kernel is built from, as
//! buildrump.sh's release builds do on Linux; and without its assertions, which is their best.

use std::path::PathBuf;
use std::{env, fs};

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

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=include");
    let folder = |name| PathBuf::from(env::var_os(name).expect("set by Cargo"));
    let (tree, out) = (folder("DEP_RUMPKERNEL_SOURCE"), folder("OUT_DIR"));
    let sources = tree.join("lib/librumpuser");
    fs::create_dir_all(out.join("include/rump")).expect("a folder in OUT_DIR");
    for name in INSTALLED {
        let copied = fs::copy(sources.join(name), out.join("include/rump").join(name));
        copied.expect("a header of the tree");
    }
    cc::Build::new()
        .files(SOURCES.map(|name| sources.join(name)))
        .include("include")
        .include(out.join("include"))
        .include(&sources)
        .include(tree.join("sys/rump/include"))
        .define("LIBRUMPUSER", None)
        .define("_KERNTYPES", None)
        .define("_REENTRANT", None)
        .define("RUMPUSER_CONFIG", "yes")
        .define("NDEBUG", None)
        .opt_level(2)
        .debug(false)
        .warnings(false)
        // Whole, because the linker sees it before the kernel that needs it.
        .link_lib_modifier("+whole-archive")
        .compile("rumpuser");
}
