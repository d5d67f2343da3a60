//! Compiles the few lines that cannot be written in Rust: the landing (`setjmp`), the variadic
//! `rumpuser_dprintf`, the instruction-cache flush, a thread-local word at a known place, and what has
//! to know its frame or the host's layout of registers; and the weak functions of an empty PCI bus.

const SHIM: [&str; 6] = [
    "shim/landing.c",
    "shim/dprintf.c",
    "shim/icache.c",
    "shim/lwp.c",
    "shim/exit.c",
    "shim/registers.c",
];

/// The user side of the component rumpdev_pci, whose definitions give way to the program's.
const PCI: &str = "shim/pci.c";

fn main() {
    println!("cargo::rerun-if-env-changed=DOCS_RS");
    for file in SHIM.into_iter().chain([PCI]) {
        println!("cargo::rerun-if-changed={file}");
    }
    // docs.rs has no use for objects, and its builds need no C compiler.
    if std::env::var_os("DOCS_RS").is_some() {
        return;
    }
    // Tests compile C, too.
    for variable in ["TARGET", "HOST"] {
        if let Ok(triple) = std::env::var(variable) {
            println!("cargo::rustc-env=RUMPUSER_TEST_{variable}={triple}");
        }
    }
    let has_pci = std::env::var_os("CARGO_FEATURE_RUMPDEV_PCI").is_some();
    // The frames in which walks begin have to be such as the kernel's, which are no Thumb code either.
    let is_arm = std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "arm");
    cc::Build::new()
        .files(SHIM)
        .files(has_pci.then_some(PCI))
        .flags(is_arm.then_some("-marm"))
        .warnings(true)
        .extra_warnings(true)
        .compile("rumpuser_shim");
}
