//! Sources that do not work on their machine, and what of the same tree does.
//!
//! Test of all of them: rumpkernel-build's `repairs`. It runs all machines' own functions, and fails for one that is wrong
//! and called, and for a rule that nothing needs.

use std::path::Path;

use crate::target::Machine;

/// One source, and those that take its place.
struct Rule {
    source: &'static str,
    /// `MACHINE_ARCH` of the machines concerned; none for all that compile the source.
    machines: &'static [&'static str],
    by: &'static [&'static str],
}

const RULES: &[Rule] = &[
    // The sign is that of the lowest 8 bits of a difference of bytes, so that 0 is above 0xff. What is left when
    // 8 bytes at a time have been compared is never looked at, and the second operand is read from before its begin.
    rule(
        "common/lib/libc/arch/aarch64/string/memcmp.S",
        &["common/lib/libc/string/memcmp.c"],
    ),
    // Where it clears blocks of the cache, it counts on from a block's number in place of what is left behind the last
    // one, and jumps to no instruction when the begin is not aligned.
    rule(
        "common/lib/libc/arch/aarch64/string/memset.S",
        &["common/lib/libc/string/memset.c"],
    ),
    // The NUL is looked for in the wrong register and found in front of its word: strings are cut, and boot
    // panics in `evcnt_attach_static`.
    rule(
        "common/lib/libc/arch/aarch64/string/strlen.S",
        &["common/lib/libc/string/strlen.c"],
    ),
    // It is `strlen` with a limit, and has its fault.
    rule(
        "common/lib/libc/arch/aarch64/string/strnlen.S",
        &["common/lib/libc/string/strnlen.c"],
    ),
    // With a limit that reaches beyond the end of memory the end is in front of the begin, and the limit is returned.
    rule(
        "common/lib/libc/arch/arm/string/strnlen.S",
        &["common/lib/libc/string/strnlen.c"],
    ),
    // Of no bytes it says that one is left, if the caller's last comparison was not equal.
    rule(
        "sys/lib/libkern/arch/i386/skpc.S",
        &["sys/lib/libkern/skpc.c"],
    ),
    // What is added to 32 bits and returned is not cut to 32 bits. Callers rely on it: the ABI says so.
    Rule {
        machines: &["powerpc64"],
        ..rule("common/lib/libc/arch/powerpc/atomic/atomic_add.S", ADD)
    },
    Rule {
        machines: &["powerpc64"],
        ..rule("common/lib/libc/arch/powerpc/atomic/atomic_dec.S", DEC)
    },
    Rule {
        machines: &["powerpc64"],
        ..rule("common/lib/libc/arch/powerpc/atomic/atomic_inc.S", INC)
    },
    rule("common/lib/libc/arch/sparc64/atomic/atomic_add.S", ADD),
    rule("common/lib/libc/arch/sparc64/atomic/atomic_dec.S", DEC),
    rule("common/lib/libc/arch/sparc64/atomic/atomic_inc.S", INC),
    // It is for 32 bits, also under the names for pointers, and its locks mean nothing to the other operations.
    Rule {
        machines: &["mips64eb", "mips64el"],
        ..rule(
            "sys/rump/librump/rumpkern/atomic_cas_generic.c",
            &["common/lib/libc/arch/mips/atomic/atomic_cas.S"],
        )
    },
];

const ADD: &[&str] = &[
    "common/lib/libc/atomic/atomic_add_32_cas.c",
    "common/lib/libc/atomic/atomic_add_32_nv_cas.c",
    "common/lib/libc/atomic/atomic_add_64_cas.c",
    "common/lib/libc/atomic/atomic_add_64_nv_cas.c",
];

const DEC: &[&str] = &[
    "common/lib/libc/atomic/atomic_dec_32_cas.c",
    "common/lib/libc/atomic/atomic_dec_32_nv_cas.c",
    "common/lib/libc/atomic/atomic_dec_64_cas.c",
    "common/lib/libc/atomic/atomic_dec_64_nv_cas.c",
];

const INC: &[&str] = &[
    "common/lib/libc/atomic/atomic_inc_32_cas.c",
    "common/lib/libc/atomic/atomic_inc_32_nv_cas.c",
    "common/lib/libc/atomic/atomic_inc_64_cas.c",
    "common/lib/libc/atomic/atomic_inc_64_nv_cas.c",
];

const fn rule(source: &'static str, by: &'static [&'static str]) -> Rule {
    Rule {
        source,
        machines: &[],
        by,
    }
}

/// The sources to compile in place of one, if it does not work on the machine. All paths are relative to the tree.
#[must_use]
pub fn replacement(source: &Path, machine: &Machine) -> Option<&'static [&'static str]> {
    let mut rules = RULES.iter();
    let found = rules.find(|rule| {
        source == Path::new(rule.source)
            && (rule.machines.is_empty() || rule.machines.contains(&machine.machine_arch))
    });
    found.map(|rule| rule.by)
}

/// The sources that rules are about, and those that take their places.
#[cfg(test)]
pub(super) fn sources() -> impl Iterator<Item = &'static str> {
    let all = |rule: &'static Rule| rule.by.iter().copied().chain([rule.source]);
    RULES.iter().flat_map(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::Target;

    #[test]
    fn only_what_is_broken_is_replaced() {
        let replaced = |path: &str, triple| {
            let target = Target::from_triple(triple).unwrap();
            replacement(Path::new(path), &target.machine).map(<[_]>::len)
        };
        let aarch64 = "aarch64-unknown-linux-gnu";
        let strings = "common/lib/libc/arch/aarch64/string";
        assert_eq!(replaced(&format!("{strings}/strlen.S"), aarch64), Some(1));
        assert_eq!(replaced(&format!("{strings}/memcpy.S"), aarch64), None);
        assert_eq!(replaced("common/lib/libc/string/strlen.c", aarch64), None);
        let add = "common/lib/libc/arch/powerpc/atomic/atomic_add.S";
        assert_eq!(replaced(add, "powerpc64-unknown-linux-gnu"), Some(4));
        assert_eq!(replaced(add, "powerpc-unknown-linux-gnu"), None);
    }
}
