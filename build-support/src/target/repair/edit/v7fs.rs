//! v7fs: FIFOs, which cannot be locked, and what was written though it was mounted read-only.
//!
//! All operations of FIFOs, locking among them, go to fifofs, and a rump kernel has none: with
//! assertions looking at a FIFO was a panic. Test: `kernel`, `formats::v7fs`.
//!
//! A sync of a read-only mount wrote the access times of what was read, and a superblock that an
//! earlier mount had left marked as modified. Test: `kernel`, `mounting::defaults::v7fs…`.

use super::Rule;

const MOUNTS: &str = "sys/fs/v7fs/v7fs_vfsops.c";

pub(super) const RULES: &[Rule] = &[
    Rule {
        source: MOUNTS,
        function: "v7fs_init",
        find: "pool_init(&v7fs_node_pool,",
        by: "v7fs_fifoop_p[VOFFSET(vop_lock)] = genfs_lock; \
             v7fs_fifoop_p[VOFFSET(vop_unlock)] = genfs_unlock; \
             v7fs_fifoop_p[VOFFSET(vop_islocked)] = genfs_islocked; \
             pool_init(&v7fs_node_pool,",
        since: None,
    },
    Rule {
        source: MOUNTS,
        function: "v7fs_sync",
        find: "v7fs_superblock_writeback(fs);",
        by: "if ((mp->mnt_flag & MNT_RDONLY) == 0) v7fs_superblock_writeback(fs);",
        since: None,
    },
    Rule {
        source: "sys/fs/v7fs/v7fs_vnops.c",
        function: "v7fs_update",
        find: "if (update)",
        by: "if (update && (vp->v_mount->mnt_flag & MNT_RDONLY) == 0)",
        since: None,
    },
];
