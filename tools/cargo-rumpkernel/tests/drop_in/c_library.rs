//! NetBSD's own librumpuser, compiled from the snapshot into a folder of the test's.

use std::fs;
use std::path::{Path, PathBuf};

use crate::tools::{compiler, run};

const CONFIGURATION: &str = include_str!("c/rumpuser_config.h");

/// Compiles the shared library, and returns the folder with it.
pub(crate) fn build(tree: &Path, folder: &Path) -> PathBuf {
    let include = folder.join("include/rump");
    fs::create_dir_all(&include).unwrap();
    fs::write(folder.join("include/rumpuser_config.h"), CONFIGURATION).unwrap();
    let sources = tree.join("lib/librumpuser");
    for headers in ["sys/rump/include/rump", "lib/librumpuser"] {
        for name in names(&tree.join(headers), ".h") {
            fs::copy(tree.join(headers).join(&name), include.join(&name)).unwrap();
        }
    }
    let lib = folder.join("c");
    fs::create_dir_all(&lib).unwrap();
    let files = names(&sources, ".c").filter(|name| {
        // The other is for kernels without threads.
        name.starts_with("rumpuser") && name != "rumpuser_pth_dummy.c"
    });
    run(compiler()
        .args(["-shared", "-fPIC", "-O2", "-w", "-pthread", "-std=gnu11"])
        .args([
            "-DLIBRUMPUSER",
            "-DRUMPUSER_CONFIG",
            "-D_KERNTYPES",
            "-D_REENTRANT",
        ])
        .arg("-I")
        .arg(folder.join("include"))
        .args(files.map(|name| sources.join(name)))
        .args(["-Wl,-soname,librumpuser.so.0", "-ldl", "-o"])
        .arg(lib.join("librumpuser.so.0")));
    std::os::unix::fs::symlink("librumpuser.so.0", lib.join("librumpuser.so")).unwrap();
    lib
}

/// The files in a folder whose names end so.
fn names(folder: &Path, end: &'static str) -> impl Iterator<Item = String> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let names = files.map(|entry| entry.file_name().into_string().unwrap());
    names.filter(move |name| name.ends_with(end))
}
