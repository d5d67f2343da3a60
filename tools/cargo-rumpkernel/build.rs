//! Tells the program which target it is made for: that of the machine that it runs on.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // Cargo sets it for every build script.
    let target = std::env::var("TARGET").unwrap_or_default();
    println!("cargo::rustc-env=HOST_TRIPLE={target}");
}
