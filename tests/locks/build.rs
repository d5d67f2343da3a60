//! Says to the files that are shared with rumpuser-posix where they are compiled.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-cfg=loom");
}
