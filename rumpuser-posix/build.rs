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

/// What is compiled into kernel images, by whoever makes them: `DEP_RUMPUSER_UNCONTENDED` names it.
const UNCONTENDED: &str = "image/uncontended.c";

fn main() {
    println!("cargo::rerun-if-env-changed=DOCS_RS");
    if let Some(folder) = std::env::var_os("CARGO_MANIFEST_DIR") {
        let path = std::path::Path::new(&folder).join(UNCONTENDED);
        println!("cargo::metadata=UNCONTENDED={}", path.display());
    }
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
    cc::Build::new()
        .files(SHIM)
        .files(has_pci.then_some(PCI))
        .warnings(true)
        .extra_warnings(true)
        .compile("rumpuser_shim");
}
