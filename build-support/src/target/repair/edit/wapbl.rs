//! WAPBL, the log of FFS: it was not flushed by fsync(2), a failed write ended in a panic, and a
//! crash while it was made kept the file system from being mounted.
//!
//! When a vnode cannot be written as it is reclaimed, or a block that is in the log cannot be
//! written in its place, the transaction in memory cannot be finished. What was thrown away then
//! was missing in the next: the kernel freed what was free, and panicked. Here a log with an error
//! takes no more: every change is EIO until the file system is unmounted by force, and the log on
//! the disk, which has all up to the last flush, is replayed by the next mount.
//!
//! Tests: `kernel`, `durability::a_failed_write_with_a_log_leaves_a_kernel_that_lives`,
//! `durability::a_log_is_flushed_by_the_sync_of_a_file`, `power_cuts::ffs_with_a_log` and
//! `power_cuts::a_log_in_the_making`.

use super::Rule;

const WAPBL: &str = "sys/kern/vfs_wapbl.c";
const FFS_LOG: &str = "sys/ufs/ffs/ffs_wapbl.c";
const VNOPS: &str = "sys/ufs/ffs/ffs_vnops.c";

pub(super) const RULES: &[Rule] = &[
    // The pages of a vnode that could not be written were dropped, but it stayed on the syncer's
    // list: an assertion.
    Rule {
        source: "sys/kern/vfs_subr.c",
        function: "vinvalbuf",
        find: "(flags & V_SAVE ? PGO_CLEANIT | PGO_RECLAIM : 0)",
        by: "PGO_RECLAIM | (flags & V_SAVE ? PGO_CLEANIT : 0)",
        since: None,
    },
    Rule {
        source: WAPBL,
        function: "wapbl_begin",
        find: "lockcount = wl->wl_lock_count;",
        by: "if (wl->wl_error_count != 0) { mutex_exit(&wl->wl_mtx); return EIO; } lockcount = wl->wl_lock_count;",
        since: None,
    },
    // A block of the log that could not be written in its place was thrown away, and read again as
    // it was before. What is going on goes on with what is right.
    Rule {
        source: WAPBL,
        function: "wapbl_biodone",
        find: "if (bp->b_error) {",
        by: "if (bp->b_error) { bp->b_error = 0;",
        since: None,
    },
    // The buffers were released while they were on a list of free ones, and for later writing.
    Rule {
        source: WAPBL,
        function: "wapbl_discard",
        find: "brelsel(bp, 0);",
        by: "bremfree(bp); brelsel(bp, BC_INVAL);",
        since: None,
    },
    Rule {
        source: WAPBL,
        function: "wapbl_discard",
        find: "wl->wl_dealloccnt = 0;",
        by: "wl->wl_dealloccnt = 0; mutex_enter(&wl->wl_mtx); wl->wl_error_count++; mutex_exit(&wl->wl_mtx);",
        since: None,
    },
    Rule {
        source: WAPBL,
        function: "wapbl_flush",
        find: "if (!waitfor) {",
        by: "if (wl->wl_error_count != 0) return EIO; if (!waitfor) {",
        since: None,
    },
    // The first commit is written twice, and the second was not allowed to fail.
    Rule {
        source: WAPBL,
        function: "wapbl_write_commit",
        find: "panic(\"wapbl_write_commit",
        by: "return error; if (0) panic(\"wapbl_write_commit",
        since: None,
    },
    // A new file's inode and name are in buffers of the device and of its directory, so that the
    // log was never flushed for them. wapbl_flush() itself sees if there is nothing to do.
    Rule {
        source: VNOPS,
        function: "ffs_full_fsync",
        find: "if (!LIST_EMPTY(&vp->v_dirtyblkhd)) {",
        by: "{",
        since: None,
    },
    // A vnode has to be reclaimed even if its inode cannot be freed: that is done by the next
    // replay.
    Rule {
        source: VNOPS,
        function: "ffs_reclaim",
        find: "error = UFS_WAPBL_BEGIN(mp);",
        by: "const int lost = UFS_WAPBL_BEGIN(mp); error = 0;",
        since: None,
    },
    Rule {
        source: VNOPS,
        function: "ffs_reclaim",
        find: "if (ip->i_nlink <= 0 && ip->i_omode != 0 &&",
        by: "if (!lost && ip->i_nlink <= 0 && ip->i_omode != 0 &&",
        since: None,
    },
    Rule {
        source: VNOPS,
        function: "ffs_reclaim",
        find: "UFS_WAPBL_END(mp);",
        by: "if (!lost) { UFS_WAPBL_END(mp); }",
        since: None,
    },
    // An inode whose file was removed right before the power was lost has mode 0, and cannot be had
    // as a vnode: it stayed allocated, and in the log, which therefore could not be unmounted.
    Rule {
        source: FFS_LOG,
        function: "ffs_wapbl_replay_finish",
        find: "continue;",
        by: "if (error == ENOENT && UFS_WAPBL_BEGIN(mp) == 0) { \
             ffs_freefile(mp, wr->wr_inodes[i].wr_inumber, wr->wr_inodes[i].wr_imode); \
             UFS_WAPBL_END(mp); } continue;",
        since: None,
    },
    // The inode of such a vnode was written without a transaction.
    Rule {
        source: "sys/ufs/ufs/ufs_inode.c",
        function: "ufs_reclaim",
        find: "if (!UFS_WAPBL_BEGIN(vp->v_mount)) {",
        by: "if (UFS_WAPBL_BEGIN(vp->v_mount)) { ip->i_flag &= ~(IN_ACCESS | IN_CHANGE | IN_UPDATE | IN_MODIFY | \
             IN_MODIFIED | IN_ACCESSED); } else {",
        since: None,
    },
    // The first mount makes the file of the log, and has no log for that. The inode was written
    // before the bitmaps: after a crash between the two, the next mount took a free inode that was
    // in use, and failed. Now the inode is written once, when the bitmaps are durable.
    Rule {
        source: FFS_LOG,
        function: "wapbl_create_infs_log",
        find: "ffs_update(vp, NULL, NULL, UPDATE_WAIT);",
        by: "",
        since: None,
    },
    Rule {
        source: FFS_LOG,
        function: "wapbl_allocate_log_file",
        find: "*extradatap = VTOI(vp)->i_number;",
        by: "vn_lock(ump->um_devvp, LK_EXCLUSIVE | LK_RETRY); \
             error = VOP_FSYNC(ump->um_devvp, FSCRED, FSYNC_WAIT | FSYNC_CACHE, 0, 0); \
             VOP_UNLOCK(ump->um_devvp); if (error) return error; \
             *extradatap = VTOI(vp)->i_number;",
        since: None,
    },
];
