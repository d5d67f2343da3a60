//! How kernel code is compiled, whatever the component says.
//!
//! What `sys/rump/Makefile.rump` sets (`-nostdinc`, `-ffreestanding`, `-fno-strict-aliasing`,
//! `-DDIAGNOSTIC` …) comes with the component; what `bsd.sys.mk`, buildrump.sh and today's
//! compilers need comes from here. The module `user_flags` says where the user's come.

use std::ffi::OsString;
use std::path::Path;

use super::Compiler;
use crate::sanitizer;

/// Where the sources are said to lie in debug information and in assertions' messages.
pub const SOURCE_NAME: &str = "/usr/src";
/// Where generated sources are said to lie.
pub const OBJECT_NAME: &str = "/usr/obj";

/// Macros that a compiler predefines for the host and that must not reach NetBSD's code.
const HOST_MACROS: [&str; 11] = [
    "linux",
    "__linux",
    "__linux__",
    "__gnu_linux__",
    "__ANDROID__",
    "__DragonFly__",
    "__FreeBSD__",
    "__OpenBSD__",
    "_FORTIFY_SOURCE",
    "_BIG_ENDIAN",
    "_LITTLE_ENDIAN",
];

/// For C and assembly.
const COMMON: [&str; 3] = [
    // The PCI hypercalls know no message-signalled interrupts.
    "-DNO_PCI_MSI_MSIX",
    "-DPIC",
    "-fPIC",
];

/// For C.
const C: [&str; 17] = [
    "-O2",
    // Code of 2016 is not judged by today's rules; some of them are errors to newer compilers.
    "-w",
    "-Wno-implicit-function-declaration",
    "-Wno-implicit-int",
    "-Wno-int-conversion",
    "-Wno-incompatible-pointer-types",
    // Tentative definitions of one variable in several files are the rule in these sources.
    "-fcommon",
    // Cheap, and right for executables and for libraries that are there at start.
    "-ftls-model=initial-exec",
    // Libraries are linked whole, so that smaller sections would only cost time.
    "-fno-function-sections",
    "-fno-data-sections",
    // Symbols of intermediate code cannot be renamed.
    "-fno-lto",
    // An image's loader finds the kernel's interface in its table of dynamic symbols.
    "-fvisibility=default",
    // The canary is the host C library's, and not every host has one.
    "-fno-stack-protector",
    // Kernel code looks at null pointers after it has used them, and lets integers wrap around.
    "-fno-delete-null-pointer-checks",
    "-fwrapv",
    // Pointers wrap around, too, where code asks whether a length reaches beyond the end of memory.
    "-fno-strict-overflow",
    // It also calls memcpy (and bcopy, which is memcpy) on memory that overlaps: to close a gap in
    // a block of a directory, for one. GCC makes moves of its own of it that store the last word
    // first. All kernel code has memcpy from a macro of libkern's that names the builtin; what else
    // calls it, `namespace` sends to memmove.
    "-D__builtin_memcpy=__builtin_memmove",
];

/// For C, so that a backtrace is a walk from frame to frame that a signal handler can make, and so
/// that a stack that is too small ends in its guard page and not behind it.
const STACK: [&str; 2] = ["-fno-omit-frame-pointer", "-fstack-clash-protection"];

/// The first GCC and the first clang that know all of [`STACK`].
const STACK_SINCE: [(&str, u32); 2] = [("__clang_major__", 11), ("__GNUC__", 8)];

/// For assembly.
const ASSEMBLY: [&str; 1] = ["-Wa,--noexecstack"];

/// The flags of one build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flags {
    /// For C files, before the component's own.
    pub c: Vec<OsString>,
    /// For assembly files, before the component's own.
    pub assembly: Vec<OsString>,
    /// After all others.
    pub last: Vec<OsString>,
}

impl Flags {
    /// The flags for a compiler, with debug information or without, checked for undefined behaviour
    /// or not, and with a user's own.
    ///
    /// They say nothing of where files lie; [`hidden`] does.
    #[must_use]
    pub fn new(compiler: &Compiler, debuginfo: bool, ubsan: bool, user: &[String]) -> Self {
        let mut common: Vec<OsString> = Vec::new();
        common.extend(HOST_MACROS.iter().map(|name| format!("-U{name}").into()));
        common.extend(COMMON.iter().map(OsString::from));
        common.extend(mips_abi(compiler).map(OsString::from));
        common.extend(gcc_macros(compiler).map(OsString::from));
        common.extend(thread_pointer(compiler).map(OsString::from));
        common.push(if debuginfo { "-g1" } else { "-g0" }.into());
        let with = |specific: &mut dyn Iterator<Item = &str>| {
            let specific = specific.map(OsString::from);
            common.iter().cloned().chain(specific).collect()
        };
        Self {
            c: with(
                &mut C
                    .into_iter()
                    .chain(liberties(compiler))
                    .chain(ubsan.then_some(sanitizer::FLAGS).into_iter().flatten())
                    .chain(stack(compiler))
                    .chain(atomics(compiler)),
            ),
            assembly: with(&mut ASSEMBLY.into_iter()),
            last: user.iter().map(OsString::from).collect(),
        }
    }
}

/// The flag that makes `folder` appear under another name in all that the compiler writes.
#[must_use]
pub fn hidden(folder: &Path, name: &str) -> OsString {
    let mut flag = OsString::from("-ffile-prefix-map=");
    flag.push(folder);
    flag.push("=");
    flag.push(name);
    flag
}

/// Flags that take further liberties of C away from compilers that use them.
fn liberties(compiler: &Compiler) -> impl Iterator<Item = &'static str> {
    // Loops may go beyond the end of an array that stands for a longer one, which GCC takes for a
    // bound of theirs.
    let is_gcc = !compiler.defines("__clang__");
    is_gcc
        .then_some("-fno-aggressive-loop-optimizations")
        .into_iter()
}

/// What of [`STACK`] the compiler knows. Clang ignores what a machine does not have.
fn stack(compiler: &Compiler) -> impl Iterator<Item = &'static str> {
    let version = |name| compiler.value(name)?.parse::<u32>().ok();
    let is_new = STACK_SINCE
        .into_iter()
        .find_map(|(name, since)| Some(version(name)? >= since));
    let leaves = ["__x86_64__", "__i386__", "__aarch64__"];
    let has_leaves = leaves.into_iter().any(|name| compiler.defines(name));
    let all = if is_new == Some(true) { STACK.len() } else { 1 };
    STACK
        .into_iter()
        .take(all)
        .chain(has_leaves.then_some("-mno-omit-leaf-frame-pointer"))
        // In Thumb code the registers that GCC saves are no chain of frames.
        .chain(compiler.defines("__thumb__").then_some("-marm"))
}

/// Compilers may call functions for atomic operations that ask the host's C library what the
/// processor can do, which a kernel image cannot call.
fn atomics(compiler: &Compiler) -> Option<&'static str> {
    let version = |name| compiler.value(name)?.parse::<u32>().ok();
    let has_functions = match version("__clang_major__") {
        Some(clang) => clang >= 12,
        None => version("__GNUC__")? >= 10,
    };
    (compiler.defines("__aarch64__") && has_functions).then_some("-mno-outline-atomics")
}

/// Flags that mips components have for GCC and clang does not know. A register that NetBSD's own
/// kernels keep the current lwp in, and addresses that position-independent code does not have.
const GCC_ONLY: [&str; 2] = ["-ffixed-24", "-msym32"];

/// Whether the compiler knows a flag that a component has.
#[must_use]
pub fn is_known(compiler: &Compiler, flag: &str) -> bool {
    !(compiler.defines("__clang__") && GCC_ONLY.contains(&flag))
}

/// NetBSD's name of the mips ABI, where it is not the compiler's.
fn mips_abi(compiler: &Compiler) -> Option<&'static str> {
    let abi = compiler.value("_MIPS_SIM")?;
    match abi {
        "_ABIO32" | "1" => Some("-D__mips_o32"),
        "_ABI64" | "3" => Some("-D__mips_n64"),
        _ => None,
    }
}

/// Arm's thread pointer comes from its register, not from a function of the host's C library, which
/// a kernel image cannot call.
fn thread_pointer(compiler: &Compiler) -> Option<&'static str> {
    let level: u32 = compiler.value("__ARM_ARCH")?.parse().ok()?;
    let has_register = compiler.defines("__arm__") && level >= 7;
    has_register.then_some("-mtp=cp15")
}

/// What GCC predefines, clang does not, and some machines' headers rely on.
fn gcc_macros(compiler: &Compiler) -> impl Iterator<Item = &'static str> {
    let minimum = |unsigned, zero, negative| {
        if compiler.defines(unsigned) {
            zero
        } else {
            negative
        }
    };
    [
        ("__SIG_ATOMIC_TYPE__", "-D__SIG_ATOMIC_TYPE__=int"),
        (
            "__WCHAR_MIN__",
            minimum(
                "__WCHAR_UNSIGNED__",
                "-D__WCHAR_MIN__=0",
                "-D__WCHAR_MIN__=(-__WCHAR_MAX__-1)",
            ),
        ),
        (
            "__WINT_MIN__",
            minimum(
                "__WINT_UNSIGNED__",
                "-D__WINT_MIN__=0U",
                "-D__WINT_MIN__=(-__WINT_MAX__-1)",
            ),
        ),
    ]
    .into_iter()
    .filter(|(name, _)| !compiler.defines(name))
    .map(|(_, flag)| flag)
    .chain(arm_level(compiler))
}

/// The name under which NetBSD's headers know a level of the architecture that clang spells as Arm
/// does.
fn arm_level(compiler: &Compiler) -> Option<&'static str> {
    let is_unknown = compiler.defines("__ARM_ARCH_6KZ__") && !compiler.defines("__ARM_ARCH_6ZK__");
    is_unknown.then_some("-D__ARM_ARCH_6ZK__")
}
