//! Sources of the snapshots that are broken on one machine.

use std::path::{Path, PathBuf};

/// A rule that replaces some of a component's sources by others of the same tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repair {
    /// The folder of the sources that do not work, relative to the tree.
    pub from: &'static str,
    /// The folder of those that do.
    pub to: &'static str,
    /// The names of the files, without their endings.
    pub stems: &'static [&'static str],
    /// The ending of those that do not work.
    pub from_extension: &'static str,
    /// The ending of those that do.
    pub to_extension: &'static str,
}

impl Repair {
    /// What to compile in place of `source`, if the rule is about it.
    #[must_use]
    pub fn apply(&self, source: &Path) -> Option<PathBuf> {
        let stem = source.file_stem()?.to_str()?;
        let concerned = source.parent()? == Path::new(self.from)
            && source.extension()? == self.from_extension
            && self.stems.contains(&stem);
        concerned.then(|| {
            Path::new(self.to)
                .join(stem)
                .with_extension(self.to_extension)
        })
    }
}

/// The assembly string functions of aarch64 cut strings short: boot panics in
/// `evcnt_attach_static`. Later NetBSD has mended them; no pinned snapshot has.
pub(super) const AARCH64: &[Repair] = &[Repair {
    from: "common/lib/libc/arch/aarch64/string",
    to: "common/lib/libc/string",
    stems: &["memcmp", "memcpy", "memset", "strcat", "strlen", "strnlen"],
    from_extension: "S",
    to_extension: "c",
}];

/// Flags that one source of the snapshots needs.
struct FileFlags {
    source: &'static str,
    flags: &'static [&'static str],
}

const FLAGS: &[FileFlags] = &[
    // libkern's macro turns `strlen` into a builtin, also in its definition, which clang refuses;
    // code for boot loaders is spared the macro.
    FileFlags {
        source: "common/lib/libc/string/strlen.c",
        flags: &["-D_STANDALONE"],
    },
    // A generator's seed includes its name with what was in memory behind it: addresses, so that
    // kernels with the same seed would differ.
    FileFlags {
        source: "sys/kern/subr_cprng.c",
        flags: &["-Dkmem_alloc=kmem_zalloc"],
    },
    // See emulation.h.
    FileFlags {
        source: "sys/rump/kern/lib/libsys_cygwin/sys_cygwin_component.c",
        flags: &["-Demul_default=rump_emulation_cygwin"],
    },
    FileFlags {
        source: "sys/rump/kern/lib/libsys_linux/sys_linux_component.c",
        flags: &["-Demul_default=rump_emulation_linux"],
    },
    FileFlags {
        source: "sys/rump/kern/lib/libsys_sunos/sys_sunos_component.c",
        flags: &["-Demul_default=rump_emulation_sunos"],
    },
];

/// The flags that a source needs besides its component's.
pub fn flags(source: &Path) -> impl Iterator<Item = &'static str> {
    FLAGS
        .iter()
        .filter(move |rule| source == Path::new(rule.source))
        .flat_map(|rule| rule.flags.iter().copied())
}

/// Sources that a component lists, and does not need.
const SUPERFLUOUS: &[(&str, &str)] = &[
    // The kernel has these functions itself; pinned sources are without this file.
    ("rumpfs_zfs", "atomic.c"),
];

/// Whether a component can do without a source, if it is not there.
#[must_use]
pub fn is_superfluous(component: &str, source: &str) -> bool {
    SUPERFLUOUS.contains(&(component, source))
}

/// A file of our own that a source of the snapshots is compiled with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addition {
    source: &'static str,
    /// How.
    pub role: Role,
    /// What the file is called in the component's object folder.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// How a file of our own goes with a source of the snapshots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The source is compiled after it.
    Header,
    /// It is compiled in place of the source, which it includes.
    Wrapper,
}

const ADDITIONS: &[Addition] = &[
    Addition {
        source: "sys/dev/usb/usb_mem.c",
        role: Role::Header,
        name: "usb_mem_repair.h",
        text: include_str!("usb_mem.h"),
    },
    Addition {
        source: "sys/kern/subr_prf.c",
        role: Role::Header,
        name: "panics.h",
        text: include_str!("panics.h"),
    },
    // All of the component include it by this name.
    Addition {
        source: "sys/rump/dev/lib/libpci/rumpdev_pci.c",
        role: Role::Header,
        name: "rumpcomp_userfeatures_pci.h",
        text: include_str!("userfeatures_pci.h"),
    },
    Addition {
        source: "sys/rump/dev/lib/libugenhc/ugenhc.c",
        role: Role::Wrapper,
        name: "ugenhc_repair.c",
        text: include_str!("ugenhc.c"),
    },
    Addition {
        source: "sys/rump/kern/lib/libsys_cygwin/sys_cygwin_component.c",
        role: Role::Header,
        name: "emulation.h",
        text: include_str!("emulation.h"),
    },
    Addition {
        source: "sys/rump/kern/lib/libsys_linux/sys_linux_component.c",
        role: Role::Header,
        name: "emulation.h",
        text: include_str!("emulation.h"),
    },
    Addition {
        source: "sys/rump/kern/lib/libsys_sunos/sys_sunos_component.c",
        role: Role::Header,
        name: "emulation.h",
        text: include_str!("emulation.h"),
    },
    Addition {
        source: "sys/rump/librump/rumpkern/locks_up.c",
        role: Role::Header,
        name: "locks_up_repair.h",
        text: include_str!("locks_up.h"),
    },
    Addition {
        source: "sys/rump/net/lib/libshmif/if_shmem.c",
        role: Role::Header,
        name: "if_shmem_repair.h",
        text: concat!(include_str!("packets.h"), include_str!("if_shmem.h")),
    },
    Addition {
        source: "sys/rump/net/lib/libsockin/sockin.c",
        role: Role::Header,
        name: "sockin_repair.h",
        text: concat!(include_str!("sockin.h"), include_str!("sockin_worker.h")),
    },
    Addition {
        source: "sys/rump/net/lib/libvirtif/if_virt.c",
        role: Role::Header,
        name: "if_virt_repair.h",
        text: concat!(include_str!("packets.h"), include_str!("if_virt.h")),
    },
];

/// What a source is compiled with, if there is anything.
#[must_use]
pub fn addition(source: &Path) -> Option<Addition> {
    let mut additions = ADDITIONS.iter().copied();
    additions.find(|addition| source == Path::new(addition.source))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_broken_files_are_replaced() {
        let apply = |path: &str| AARCH64[0].apply(Path::new(path));
        assert_eq!(
            apply("common/lib/libc/arch/aarch64/string/strlen.S"),
            Some(PathBuf::from("common/lib/libc/string/strlen.c"))
        );
        assert_eq!(apply("common/lib/libc/arch/aarch64/string/bcopy.S"), None);
        assert_eq!(apply("common/lib/libc/string/strlen.c"), None);
        assert_eq!(apply("common/lib/libc/arch/arm/string/strlen.S"), None);
    }
}
