//! Compiles the few lines that cannot be written in Rust: the landing (`setjmp`), the variadic
//! `rumpuser_dprintf`, the instruction-cache flush, a thread-local word at a known place, locks
//! that nobody waits for, and what has to know its frame or the host's layout of registers, or may
//! fault; and the weak functions of an empty PCI bus.

use std::path::Path;

const SHIM: [&str; 8] = [
    "shim/access.c",
    "shim/landing.c",
    "shim/dprintf.c",
    "shim/icache.c",
    "shim/lwp.c",
    "shim/exit.c",
    "shim/registers.c",
    "shim/uncontended.c",
];

/// The user side of the component rumpdev_pci, whose definitions give way to the program's.
const PCI: &str = "shim/pci.c";

/// What is compiled into kernel images, by whoever makes them: `DEP_RUMPUSER_UNCONTENDED` names it.
const UNCONTENDED: &str = "image/uncontended.c";

/// The architectures that NetBSD has a machine for. Which of their targets work is for
/// rumpkernel-sys to say.
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
        let path = Path::new(&folder).join(UNCONTENDED);
        println!("cargo::metadata=UNCONTENDED={}", path.display());
    }
    for file in SHIM.into_iter().chain([PCI, UNCONTENDED]) {
        println!("cargo::rerun-if-changed={file}");
    }
    // docs.rs has no use for objects, and its builds need no C compiler.
    if std::env::var_os("DOCS_RS").is_some() {
        return;
    }
    // Before the C compiler is looked for: Cargo shows what fails first, and nobody should install
    // one in vain.
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
    if let Err(error) = compile(SHIM.into_iter().chain(has_pci.then_some(PCI))) {
        println!("cargo::error={error}");
        std::process::exit(1);
    }
}

/// Flags after those of `CFLAGS`, which the crate `cc` puts behind all that it is given. Rustc's
/// linker knows neither a C compiler's intermediate code nor the library of a sanitizer.
const LAST: [&str; 2] = ["-fno-lto", "-fno-sanitize=all"];

/// Compiles C into a library and tells Cargo to link it.
fn compile(files: impl Iterator<Item = &'static str>) -> Result<(), String> {
    // The frames in which walks begin have to be such as the kernel's, which are no Thumb code
    // either.
    let is_arm = cargo("CARGO_CFG_TARGET_ARCH") == "arm";
    let mut build = cc::Build::new();
    build
        .flags(is_arm.then_some("-marm"))
        .warnings(true)
        .extra_warnings(true);
    if cargo("CARGO_CFG_TARGET_ARCH") == "aarch64" {
        // Otherwise shim/access.c would exchange words, and fault, in a function elsewhere.
        build.flag_if_supported("-mno-outline-atomics");
    }
    let compiler = build.try_get_compiler();
    let compiler = compiler.map_err(|error| format!("no C compiler: {error}"))?;
    let mut library = cc::Build::new();
    for file in files {
        let name = Path::new(file).with_extension("o");
        let object = Path::new(&cargo("OUT_DIR")).join(name.file_name().unwrap_or_default());
        let mut command = compiler.to_command();
        command.args(LAST).args(["-c", file, "-o"]).arg(&object);
        let status = command.status();
        let status = status.map_err(|error| format!("{command:?} cannot be run: {error}"))?;
        if !status.success() {
            return Err(format!("{command:?} ended with {status}"));
        }
        library.object(object);
    }
    let compiled = library.try_compile("rumpuser_shim");
    compiled.map_err(|error| format!("no library of the hypercalls' C part: {error}"))
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
