//! unmount(2) was EBUSY when a thread of the kernel's or another call looked at the mount just
//! then.
//!
//! Test: `kernel`, `mounts::a_sync_beside_makes_no_mount_busy`.

use super::Rule;

const MOUNT: &str = "sys/kern/vfs_mount.c";

pub(super) const RULES: &[Rule] = &[
    // sync(2), getvfsstat(2) and the writer of LFS, ten times a second, hold each mount in turn.
    // They leave it soon; one that does not, in ten seconds, is what EBUSY is for. syncer_mutex
    // comes before mnt_unmounting, and the syncer may go on meanwhile.
    Rule {
        source: MOUNT,
        function: "vfs_unbusy",
        find: "mp->mnt_busynest--;",
        by: "if (--mp->mnt_busynest == 0) wakeup(&mp->mnt_busynest);",
        since: None,
    },
    Rule {
        source: MOUNT,
        function: "dounmount",
        find: "if (mp->mnt_busynest != 0) {",
        by: "for (int late = 0; mp->mnt_busynest != 0 && !late; ) { \
             mutex_exit(&syncer_mutex); \
             late = mtsleep(&mp->mnt_busynest, PVFS | PNORELOCK, \"unmount\", 10 * hz, \
             &mp->mnt_unmounting); \
             mutex_enter(&syncer_mutex); mutex_enter(&mp->mnt_unmounting); } \
             if (mp->mnt_busynest != 0) {",
        since: None,
    },
];
