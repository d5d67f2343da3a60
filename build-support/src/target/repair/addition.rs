//! Sources that are compiled with a file of our own.

use std::path::Path;

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
    // Test: rumpkernel-build's `repairs`.
    Addition {
        source: "common/lib/libc/arch/i386/atomic/atomic.S",
        role: Role::Header,
        name: "atomic_repair.h",
        text: include_str!("additions/atomic_i386.h"),
    },
    // Test: `kernel`, `usb::a_disk_in_memory_is_read_and_written`; `closure` shows what is
    // undefined without it.
    Addition {
        source: "sys/dev/usb/usb_mem.c",
        role: Role::Header,
        name: "usb_mem_repair.h",
        text: include_str!("additions/usb_mem.h"),
    },
    // Goes with rules of `edit::ntfs`. Test: rumpkernel-fuzz's `superblocks`.
    Addition {
        source: "sys/fs/ntfs/ntfs_subr.c",
        role: Role::Header,
        name: "ntfs_attribute.h",
        text: include_str!("additions/ntfs_attribute.h"),
    },
    // Test: `kernel`, `volumes::stale::sysvbfs_files_are_what_was_written`.
    Addition {
        source: "sys/fs/sysvbfs/sysvbfs_vnops.c",
        role: Role::Header,
        name: "sysvbfs_room.h",
        text: include_str!("additions/sysvbfs_room.h"),
    },
    // Test: `kernel`, `threads_can_panic_at_once`.
    Addition {
        source: "sys/kern/subr_prf.c",
        role: Role::Header,
        name: "panics.h",
        text: include_str!("additions/panics.h"),
    },
    // All of the component include it by this name, and do not compile without. Test: `kernel` with
    // every component, `the_kernel_looks_at_the_programs_bus`.
    Addition {
        source: "sys/rump/dev/lib/libpci/rumpdev_pci.c",
        role: Role::Header,
        name: "rumpcomp_userfeatures_pci.h",
        text: include_str!("additions/userfeatures_pci.h"),
    },
    // Test: `kernel`, `usb::a_disk_that_is_not_ready_is_asked_again` and the others there.
    Addition {
        source: "sys/rump/dev/lib/libugenhc/ugenhc.c",
        role: Role::Wrapper,
        name: "ugenhc_repair.c",
        text: include_str!("additions/ugenhc.c"),
    },
    // Test: `kernel` with every component, `emulations_leave_the_program_its_own_calls`.
    Addition {
        source: "sys/rump/kern/lib/libsys_cygwin/sys_cygwin_component.c",
        role: Role::Header,
        name: "emulation.h",
        text: include_str!("additions/emulation.h"),
    },
    Addition {
        source: "sys/rump/kern/lib/libsys_linux/sys_linux_component.c",
        role: Role::Header,
        name: "emulation.h",
        text: include_str!("additions/emulation.h"),
    },
    Addition {
        source: "sys/rump/kern/lib/libsys_sunos/sys_sunos_component.c",
        role: Role::Header,
        name: "emulation.h",
        text: include_str!("additions/emulation.h"),
    },
    // Test: rumpuser-posix's `knobs`, `a_kernel_without_all_that_can_be_left_out`.
    Addition {
        source: "sys/rump/librump/rumpkern/locks_up.c",
        role: Role::Header,
        name: "locks_up_repair.h",
        text: include_str!("additions/locks_up.h"),
    },
    // Test: `kernel`, `buses::interfaces_come_and_go_while_others_send`.
    Addition {
        source: "sys/rump/net/lib/libshmif/if_shmem.c",
        role: Role::Header,
        name: "if_shmem_repair.h",
        text: concat!(
            include_str!("additions/packets.h"),
            include_str!("additions/if_shmem.h")
        ),
    },
    // Test: `sockin`, all of it.
    Addition {
        source: "sys/rump/net/lib/libsockin/sockin.c",
        role: Role::Header,
        name: "sockin_repair.h",
        text: concat!(
            include_str!("additions/sockin.h"),
            include_str!("additions/sockin_worker.h")
        ),
    },
    // Test: `kernel`, `links::load::interfaces_come_and_go_under_load`.
    Addition {
        source: "sys/rump/net/lib/libvirtif/if_virt.c",
        role: Role::Header,
        name: "if_virt_repair.h",
        text: concat!(
            include_str!("additions/packets.h"),
            include_str!("additions/if_virt.h")
        ),
    },
    // See repair/edit/lfs.rs. Test: `kernel`, `power_cuts::lfs`.
    Addition {
        source: "sys/ufs/lfs/lfs_segment.c",
        role: Role::Header,
        name: "lfs_flush.h",
        text: include_str!("additions/lfs_flush.h"),
    },
    Addition {
        source: "sys/ufs/lfs/lfs_subr.c",
        role: Role::Header,
        name: "lfs_flush.h",
        text: include_str!("additions/lfs_flush.h"),
    },
    // See repair/edit/lfs_failed_writes.rs. Test: `kernel`, `failed_writes`.
    Addition {
        source: "sys/ufs/lfs/lfs_vfsops.c",
        role: Role::Header,
        name: "lfs_drain.h",
        text: include_str!("additions/lfs_drain.h"),
    },
];

/// What a source is compiled with, if there is anything.
#[must_use]
pub fn addition(source: &Path) -> Option<Addition> {
    let mut additions = ADDITIONS.iter().copied();
    additions.find(|addition| source == Path::new(addition.source))
}

/// The sources that rules are about.
#[cfg(test)]
pub(super) fn sources() -> impl Iterator<Item = &'static str> {
    ADDITIONS.iter().map(|addition| addition.source)
}
