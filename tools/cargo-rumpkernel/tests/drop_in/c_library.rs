//! NetBSD's own librumpuser, compiled from the snapshot into a folder of the test's.

use std::fs;
use std::path::{Path, PathBuf};

use crate::tools::{HOST, compiler, run};

/// Compiles the shared library, and returns the folder with it.
pub(crate) fn build(tree: &Path, folder: &Path) -> PathBuf {
    let objects = folder.join("c-objects");
    rumpkernel_librumpuser::build(tree, &objects)
        .unwrap()
        .cargo_metadata(false)
        .target(HOST)
        .host(HOST)
        .out_dir(&objects)
        .pic(true)
        .compile("rumpuser");
    let lib = folder.join("c");
    fs::create_dir_all(&lib).unwrap();
    run(compiler()
        .args(["-shared", "-pthread", "-Wl,-soname,librumpuser.so.0"])
        .arg("-Wl,--whole-archive")
        .arg(objects.join("librumpuser.a"))
        .args(["-Wl,--no-whole-archive", "-ldl", "-o"])
        .arg(lib.join("librumpuser.so.0")));
    std::os::unix::fs::symlink("librumpuser.so.0", lib.join("librumpuser.so")).unwrap();
    lib
}
