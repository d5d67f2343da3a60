//! Compiles NetBSD's own hypercalls, from the snapshot that the kernel is built from, without their
//! assertions, which is their best.

use std::env;
use std::path::PathBuf;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let folder = |name| PathBuf::from(env::var_os(name).expect("set by Cargo"));
    let (tree, out) = (folder("DEP_RUMPKERNEL_SOURCE"), folder("OUT_DIR"));
    rumpkernel_librumpuser::build(&tree, &out)
        .expect("headers of the tree")
        .define("NDEBUG", None)
        // Whole, because the linker sees it before the kernel that needs it.
        .link_lib_modifier("+whole-archive")
        .compile("rumpuser");
}
