//! What fsync(2) and sync(2) call done was not on the disk, and errors of writing were thrown away.
//!
//! Tests: `kernel`, `durability` and `power_cuts`; `power-cuts` of rumpkernel-tests makes cuts by
//! the thousand.

use super::Rule;

const SYSCALLS: &str = "sys/kern/vfs_syscalls.c";
const SUBR: &str = "sys/kern/vfs_subr.c";
const FFS: &str = "sys/ufs/ffs/ffs_vnops.c";

pub(super) const RULES: &[Rule] = &[
    // Clusters that a file has been given are in the FAT, whose blocks belong to the device: a file
    // that was synced ended where it did before.
    Rule {
        source: "sys/fs/msdosfs/msdosfs_vnops.c",
        function: "msdosfs_fsync",
        find: "if (error == 0 && ap->a_flags & FSYNC_CACHE) {",
        by: "if (error == 0 && wait) error = vflushbuf(VTODE(vp)->de_devvp, FSYNC_WAIT); \
             if (error == 0 && ap->a_flags & FSYNC_CACHE) {",
        since: None,
    },
    // The error of writing a vnode's pages was thrown away.
    Rule {
        source: SUBR,
        function: "vflushbuf",
        find: "(void) VOP_PUTPAGES(vp, 0, 0, pflags);",
        by: "error = VOP_PUTPAGES(vp, 0, 0, pflags); if (error) return error;",
        since: None,
    },
    // Each buffer is the vnode's own, so that none was waited for: the errors were lost with the
    // buffers. Those of a device are too many to wait for one by one, and rumpblk's host remembers
    // what failed.
    Rule {
        source: SUBR,
        function: "vflushbuf",
        find: "if (bp->b_vp == vp || !sync)",
        by: "if (vp->v_type == VBLK || !sync)",
        since: None,
    },
    // bwrite() is not for file systems that have a way of their own.
    Rule {
        source: SUBR,
        function: "vflushbuf",
        find: "error = bwrite(bp);",
        by: "error = VOP_BWRITE(bp->b_vp, bp);",
        since: None,
    },
    // sync(2) started writes, and returned before they were done.
    Rule {
        source: SYSCALLS,
        function: "do_sys_sync",
        find: "VFS_SYNC(mp, MNT_NOWAIT",
        by: "VFS_SYNC(mp, MNT_WAIT",
        since: None,
    },
    // With FSYNC_DATAONLY file systems leave out the inode, without which the data of a file that
    // has grown cannot be found, and WAPBL leaves the inode in memory.
    Rule {
        source: SYSCALLS,
        function: "sys_fdatasync",
        find: "FSYNC_WAIT|FSYNC_DATAONLY",
        by: "FSYNC_WAIT",
        since: None,
    },
    Rule {
        source: SYSCALLS,
        function: "sys_fsync_range",
        find: "FSYNC_DATAONLY | FSYNC_WAIT",
        by: "FSYNC_WAIT",
        since: None,
    },
    // The host's cache was not emptied where WAPBL asks for it.
    Rule {
        source: "sys/rump/librump/rumpvfs/rumpblk.c",
        function: "rumpblk_ioctl",
        find: "case DIOCCACHESYNC:",
        by: "case DIOCCACHESYNC: error = rumpuser_syncfd(rblk->rblk_fd, \
             RUMPUSER_SYNCFD_WRITE | RUMPUSER_SYNCFD_SYNC, 0, 0);",
        since: None,
    },
    // Pages whose write failed with nobody waiting for it were taken for clean. Those that are not
    // to be freed stay dirty: the next sync writes them again, and tells if that fails.
    Rule {
        source: "sys/rump/librump/rumpvfs/vm_vfs.c",
        function: "uvm_aio_aiodone",
        find: "if (pgs[i]->flags & PG_PAGEOUT) {",
        by: "if (BUF_ISWRITE(bp) && bp->b_error != 0) pgs[i]->flags &= ~PG_CLEAN; if (pgs[i]->flags & PG_PAGEOUT) {",
        since: None,
    },
    // An inode that was changed and then written to a buffer only, as when its file is closed, is
    // not known to be modified any more: nothing wrote the buffer. What reclaims or syncs all sees
    // to buffers itself.
    Rule {
        source: "sys/ufs/ext2fs/ext2fs_vnops.c",
        function: "ext2fs_fsync",
        find: "wait = (ap->a_flags & FSYNC_WAIT) != 0;",
        by: "wait = (ap->a_flags & FSYNC_WAIT) != 0; \
             if (wait && (ap->a_flags & FSYNC_RECLAIM) == 0) VTOI(vp)->i_flag |= IN_MODIFIED;",
        since: None,
    },
    Rule {
        source: FFS,
        function: "ffs_fsync",
        find: "if (blk_high >= UFS_NDADDR) {",
        by: "if (ap->a_flags & FSYNC_WAIT) VTOI(vp)->i_flag |= IN_MODIFIED; if (blk_high >= UFS_NDADDR) {",
        since: None,
    },
    Rule {
        source: FFS,
        function: "ffs_full_fsync",
        find: "error = vflushbuf(vp, flags);",
        by: "if ((flags & (FSYNC_WAIT | FSYNC_RECLAIM | FSYNC_NOLOG)) == FSYNC_WAIT) \
             VTOI(vp)->i_flag |= IN_MODIFIED; error = vflushbuf(vp, flags);",
        since: None,
    },
    // The errors of a range's indirect blocks were thrown away.
    Rule {
        source: FFS,
        function: "ffs_fsync",
        find: "bawrite(bp);",
        by: "error = VOP_BWRITE(bp->b_vp, bp); if (error) goto out;",
        since: None,
    },
];
