//! Flags of `CFLAGS` that kernel code cannot follow.
//!
//! A kernel's compilation has, in this order: what the crate `cc` finds out about the target, the
//! user's `CFLAGS`, what all kernel code needs ([`flags`](super::flags)), the component's own
//! flags, and `RUMPKERNEL_CFLAGS`. So `CFLAGS`, which distributions set for programs, gives way to
//! the kernel's needs in optimisation, stack protection, fortification, warnings and the like. Only
//! what a later flag cannot take back, for want of a spelling that all compilers know, is left out
//! here.

use std::ffi::OsStr;

/// Beginnings of flags that make the compiler call a library at run time, which a kernel has not: a
/// sanitizer's, a profiler's.
const WITH_RUN_TIME: [&str; 12] = [
    "--coverage",
    "-coverage",
    "-fcoverage-mapping",
    "-finstrument-functions",
    "-fprofile-arcs",
    "-fprofile-generate",
    "-fprofile-instr-generate",
    "-fsanitize",
    "-fsplit-stack",
    "-ftest-coverage",
    "-fxray-instrument",
    "-pg",
];

/// Whether code that is compiled with the flag needs a library at run time.
pub(super) fn needs_run_time(flag: &OsStr) -> bool {
    let flag = flag.as_encoded_bytes();
    let mut beginnings = WITH_RUN_TIME.iter();
    flag == b"-p" || beginnings.any(|beginning| flag.starts_with(beginning.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instrumentation_is_told_from_the_rest() {
        let needs = |flag: &str| needs_run_time(flag.as_ref());
        for flag in ["-fsanitize=address,undefined", "-pg", "-p", "--coverage"] {
            assert!(needs(flag), "{flag}");
        }
        for flag in ["-fstack-protector-strong", "-pipe", "-fPIC", "-flto=auto"] {
            assert!(!needs(flag), "{flag}");
        }
    }
}
