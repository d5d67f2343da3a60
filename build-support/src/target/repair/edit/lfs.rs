//! LFS: checkpoints that are not on the disk, and fragments that are counted wrongly.
//!
//! A checkpoint was called done before it was, and relied on a disk without a cache. A mount begins
//! at the older one of two superblocks. So what each of them refers to has to be on the disk before
//! it is written, and nothing may be written over that before the next is. Test: `kernel`,
//! `power_cuts::lfs`; of writes that fail: `failed_writes::lfs_keeps_its_last_checkpoint`.

use super::Rule;

const SUBR: &str = "sys/ufs/lfs/lfs_subr.c";

pub(super) const RULES: &[Rule] = &[
    Rule {
        source: "sys/ufs/lfs/lfs_segment.c",
        function: "lfs_writesuper",
        find: "ASSERT_MAYBE_SEGLOCK(fs);",
        by: "ASSERT_MAYBE_SEGLOCK(fs); if (fs->lfs_ronly) return; rumpkernel_lfs_flush(devvp);",
        since: None,
    },
    // What a failed write left out of the log was missing in all that the next checkpoint referred
    // to, files among it that had long been synced. Now the last checkpoint remains: the file
    // system is read-only from then on, and says EROFS to those who write or sync.
    Rule {
        source: "sys/ufs/lfs/lfs_segment.c",
        function: "lfs_cluster_aiodone",
        find: "ASSERT_NO_SEGLOCK(fs);",
        by: "ASSERT_NO_SEGLOCK(fs); if (error) fs->lfs_ronly = 1;",
        since: None,
    },
    // Blocks of the Ifile stay dirty then, which these wait for.
    Rule {
        source: "sys/ufs/lfs/lfs_segment.c",
        function: "lfs_segwrite",
        find: "while (redo && do_ckp);",
        by: "while (redo && do_ckp && !fs->lfs_ronly);",
        since: None,
    },
    Rule {
        source: "sys/ufs/lfs/lfs_segment.c",
        function: "lfs_segwrite",
        find: "while (do_ckp && um_error != 0);",
        by: "while (do_ckp && um_error != 0 && !fs->lfs_ronly);",
        since: None,
    },
    Rule {
        source: "sys/ufs/lfs/lfs_segment.c",
        function: "lfs_writeinode",
        find: "while (vp == fs->lfs_ivnode) {",
        by: "while (vp == fs->lfs_ivnode && !fs->lfs_ronly) {",
        since: None,
    },
    Rule {
        source: "sys/ufs/lfs/lfs_segment.c",
        function: "lfs_super_aiodone",
        find: "ASSERT_NO_SEGLOCK(fs);",
        by: "ASSERT_NO_SEGLOCK(fs); if (bp->b_error) fs->lfs_ronly = 1;",
        since: None,
    },
    // Only for those who asked for it a checkpoint waited for what it refers to.
    Rule {
        source: SUBR,
        function: "lfs_segunlock",
        find: "while (ckp && sync && fs->lfs_iocount) {",
        by: "while (ckp && fs->lfs_iocount) {",
        since: None,
    },
    // The superblocks themselves were waited for by nobody.
    Rule {
        source: SUBR,
        function: "lfs_segunlock",
        find: "fs->lfs_activesb = 1 - fs->lfs_activesb;",
        by: "mutex_enter(&lfs_lock); \
             while (fs->lfs_sbactive) mtsleep(&fs->lfs_sbactive, PRIBIO + 1, \"lfs sb\", 0, &lfs_lock); \
             mutex_exit(&lfs_lock); rumpkernel_lfs_flush(VTOI(fs->lfs_ivnode)->i_devvp); \
             fs->lfs_activesb = 1 - fs->lfs_activesb;",
        since: None,
    },
    // The inode is in a segment by now, and so are the data, but nothing refers to them before the
    // next checkpoint. One that was given up is no success.
    Rule {
        source: "sys/ufs/lfs/lfs_vnops.c",
        function: "lfs_fsync",
        find: "if (error == 0 && ap->a_flags & FSYNC_CACHE) {",
        by: "if (error == 0 && wait && (ap->a_flags & FSYNC_RECLAIM) == 0) \
             error = lfs_segwrite(vp->v_mount, SEGM_CKP | SEGM_SYNC); \
             if (error == 0 && wait && fs->lfs_ronly) error = EIO; \
             if (error == 0 && ap->a_flags & FSYNC_CACHE) {",
        since: None,
    },
    // A file that is cut within its last block: the block has been written with its old length, and
    // if its pages are thrown away it is not written again. What the inode says that it holds was
    // too much for its length from then on. When it was read again and emptied, there was something
    // left. Test: `kernel`, `directories::lfs_keeps_what_a_model_keeps`.
    Rule {
        source: "sys/ufs/lfs/lfs_inode.c",
        function: "lfs_truncate",
        find: "panic(\"itrunc: newspace\");",
        by: "panic(\"itrunc: newspace\"); \
             if (bn > 0 && (long)oip->i_lfs_fragsize[lastblock] > newspace) { \
             const long rest = (long)oip->i_lfs_fragsize[lastblock] - newspace; \
             real_released += lfs_btofsb(fs, rest); \
             lfs_blkfree(fs, oip, bn, rest, &lastseg, &bc); \
             oip->i_lfs_fragsize[lastblock] = newspace; }",
        since: None,
    },
];
