//! What compiles for a machine, and what runs the result here.

/// A cross compiler with a C library, and emulators.
#[derive(Debug)]
pub(crate) struct Toolchain {
    pub(crate) triple: &'static str,
    pub(crate) compiler: &'static str,
    /// Commands that run a program of the machine's; an empty one where this machine does.
    pub(crate) emulators: &'static [&'static [&'static str]],
}

const fn with(
    triple: &'static str,
    compiler: &'static str,
    emulators: &'static [&'static [&'static str]],
) -> Toolchain {
    Toolchain {
        triple,
        compiler,
        emulators,
    }
}

/// An x86_64 machine runs both kinds of x86 programs, at a speed at which threads meet each other.
const X86: bool = cfg!(target_arch = "x86_64");
const X86_64: &[&[&str]] = if X86 {
    &[&[]]
} else {
    &[&["qemu-x86_64-static"]]
};
const I386: &[&[&str]] = if X86 {
    &[&[]]
} else {
    &[&["qemu-i386-static"]]
};

/// One for each machine of the table of targets.
pub(crate) const TOOLCHAINS: &[Toolchain] = &[
    with("x86_64-unknown-linux-gnu", "x86_64-linux-gnu-gcc", X86_64),
    with("i686-unknown-linux-gnu", "i686-linux-gnu-gcc", I386),
    with(
        "aarch64-unknown-linux-gnu",
        "aarch64-linux-gnu-gcc",
        // They clear 512 bytes at once, and 64.
        &[
            &["qemu-aarch64-static"],
            &["qemu-aarch64-static", "-cpu", "cortex-a57"],
        ],
    ),
    with(
        "armv7-unknown-linux-gnueabihf",
        "arm-linux-gnueabihf-gcc",
        &[&["qemu-arm-static"]],
    ),
    with(
        "riscv64gc-unknown-linux-gnu",
        "riscv64-linux-gnu-gcc",
        &[&["qemu-riscv64-static"]],
    ),
    with(
        "powerpc-unknown-linux-gnu",
        "powerpc-linux-gnu-gcc",
        &[&["qemu-ppc-static"]],
    ),
    with(
        "powerpc64-unknown-linux-gnu",
        "powerpc64-linux-gnu-gcc",
        &[&["qemu-ppc64-static"]],
    ),
    with(
        "mips-unknown-linux-gnu",
        "mips-linux-gnu-gcc",
        &[&["qemu-mips-static"]],
    ),
    with(
        "mipsel-unknown-linux-gnu",
        "mipsel-linux-gnu-gcc",
        &[&["qemu-mipsel-static"]],
    ),
    with(
        "mips64el-unknown-linux-gnuabi64",
        "mips64el-linux-gnuabi64-gcc",
        &[&["qemu-mips64el-static"]],
    ),
    with(
        "sparc64-unknown-linux-gnu",
        "sparc64-linux-gnu-gcc",
        &[&["qemu-sparc64-static"]],
    ),
];
