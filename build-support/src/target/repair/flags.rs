//! Sources that need flags besides their component's.

use std::path::Path;

use crate::target::Machine;

/// Flags that some sources of the snapshots need.
struct Rule {
    sources: &'static [&'static str],
    /// `MACHINE_CPU` of the machines concerned; none for all.
    machines: &'static [&'static str],
    flags: &'static [&'static str],
}

const RULES: &[Rule] = &[
    // libkern's macro turns `strlen` into a builtin, also in its definition, which clang refuses;
    // code for boot loaders is spared the macro. Test: rumpkernel-build's `repairs`,
    // `clang_refuses_strlen_without_its_flag`.
    Rule {
        sources: &["common/lib/libc/string/strlen.c"],
        machines: &[],
        flags: &["-D_STANDALONE"],
    },
    // Older snapshots say so to kernels of their own machines only, and without it these sources are empty. They take
    // the place of assembly. Test: rumpkernel-build's `repairs`, on the snapshot 2014-07-09b.
    Rule {
        sources: &[
            "common/lib/libc/atomic/atomic_add_64_cas.c",
            "common/lib/libc/atomic/atomic_add_64_nv_cas.c",
            "common/lib/libc/atomic/atomic_dec_64_cas.c",
            "common/lib/libc/atomic/atomic_dec_64_nv_cas.c",
            "common/lib/libc/atomic/atomic_inc_64_cas.c",
            "common/lib/libc/atomic/atomic_inc_64_nv_cas.c",
        ],
        machines: &["sparc64"],
        flags: &["-D__HAVE_ATOMIC64_OPS="],
    },
    // A generator's seed includes its name with what was in memory behind it: addresses, so that
    // kernels with the same seed would differ. Test: `kernel`, `the_same_seed_gives_the_same_numbers`.
    Rule {
        sources: &["sys/kern/subr_cprng.c"],
        machines: &[],
        flags: &["-Dkmem_alloc=kmem_zalloc"],
    },
    // See additions/emulation.h. Test: `kernel` with every component, `emulations_leave_the_program_its_own_calls`.
    Rule {
        sources: &["sys/rump/kern/lib/libsys_cygwin/sys_cygwin_component.c"],
        machines: &[],
        flags: &["-Demul_default=rump_emulation_cygwin"],
    },
    Rule {
        sources: &["sys/rump/kern/lib/libsys_linux/sys_linux_component.c"],
        machines: &[],
        flags: &["-Demul_default=rump_emulation_linux"],
    },
    Rule {
        sources: &["sys/rump/kern/lib/libsys_sunos/sys_sunos_component.c"],
        machines: &[],
        flags: &["-Demul_default=rump_emulation_sunos"],
    },
];

/// The flags that a source needs besides its component's.
pub fn flags(source: &Path, machine: &Machine) -> impl Iterator<Item = &'static str> {
    RULES
        .iter()
        .filter(move |rule| {
            rule.sources.iter().any(|path| source == Path::new(path))
                && (rule.machines.is_empty() || rule.machines.contains(&machine.machine_cpu))
        })
        .flat_map(|rule| rule.flags.iter().copied())
}

/// The sources that rules are about.
#[cfg(test)]
pub(super) fn sources() -> impl Iterator<Item = &'static str> {
    RULES.iter().flat_map(|rule| rule.sources.iter().copied())
}
