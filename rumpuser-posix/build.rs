//! Compiles the few lines that cannot be written in Rust: the landing (`setjmp`), the variadic
//! `rumpuser_dprintf`, the instruction-cache flush, a thread-local word at a known place, and what has
//! to know its frame or the host's layout of registers, or may fault; and the weak functions of an empty PCI bus.

const SHIM: [&str; 7] = [
    "shim/access.c",
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

/// The architectures that NetBSD has a machine for. Which of their targets work is for rumpkernel-sys to say.
const ARCHITECTURES: [&str; 10] = [
    "aarch64",
    "arm",
    "mips",
    "mips64",
    "powerpc",
    "powerpc64",
    "riscv64",
    "sparc64",
    "x86",
    "x86_64",
];

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
    // Before the C compiler is looked for: Cargo shows what fails first, and nobody should install one in vain.
    if let Some(reason) = refusal() {
        let target = cargo("TARGET");
        println!("cargo::error=there are no hypercalls for target `{target}`, because {reason}");
        std::process::exit(1);
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

/// Why no kernel can run on the target.
fn refusal() -> Option<&'static str> {
    let architecture = cargo("CARGO_CFG_TARGET_ARCH");
    let is_little = cargo("CARGO_CFG_TARGET_ENDIAN") == "little";
    if std::env::var_os("CARGO_CFG_UNIX").is_none() {
        Some("they are for POSIX systems")
    } else if cargo("CARGO_CFG_TARGET_VENDOR") == "apple" {
        Some("NetBSD's kernel needs ELF object files, and this system's are Mach-O")
    } else if !ARCHITECTURES.contains(&&*architecture) {
        Some("NetBSD's kernel does not run on this processor")
    } else if architecture == "powerpc64" && is_little {
        Some("NetBSD has no little-endian powerpc64 port")
    } else {
        None
    }
}

/// What Cargo says of the target, which is empty where it says nothing.
fn cargo(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}
