//! LFS that `super::lfs` made read-only after a failed write: it could not be unmounted.
//!
//! What is not on the disk by then stays dirty: blocks of the Ifile, whose sight is a panic, and
//! files and directories whose changes hold a reference until they are written, which is EBUSY and,
//! where unmount(2) is forced, a panic. Here all that is thrown away. And the device was closed
//! while buffers of the last segment were still to be freed, which a superblock written after it
//! hides otherwise: unmount(2) waited for one of them, and whoever frees it wakes nobody.
//!
//! Tests: `kernel`, `failed_writes`; `fault-turns lfs --fault write`.

use super::Rule;

const VFSOPS: &str = "sys/ufs/lfs/lfs_vfsops.c";

pub(super) const RULES: &[Rule] = &[
    // The segment lock's release lets go of changes that are marked as written.
    Rule {
        source: VFSOPS,
        function: "lfs_unmount",
        find: "lfs_wakeup_cleaner(fs);",
        by: "if (fs->lfs_ronly && (mp->mnt_flag & MNT_RDONLY) == 0) { struct inode *ip; \
             mutex_enter(&lfs_lock); \
             TAILQ_FOREACH(ip, &fs->lfs_dchainhd, i_lfs_dchain) ip->i_flag |= IN_CDIROP; \
             mutex_exit(&lfs_lock); \
             lfs_seglock(fs, 0); lfs_segunlock(fs); } \
             lfs_wakeup_cleaner(fs);",
        since: None,
    },
    Rule {
        source: VFSOPS,
        function: "lfs_unmount",
        find: "if (LIST_FIRST(&vp->v_dirtyblkhd))",
        by: "if (!fs->lfs_ronly && LIST_FIRST(&vp->v_dirtyblkhd))",
        since: None,
    },
    Rule {
        source: VFSOPS,
        function: "lfs_unmount",
        find: "vgone(fs->lfs_ivnode);",
        by: "rumpkernel_lfs_drain(); vgone(fs->lfs_ivnode);",
        since: None,
    },
    // Success was said to those who sync, and to those who reclaim a vnode, who then found dirty
    // blocks. Now they throw them away, once those are not counted as locked any more.
    Rule {
        source: "sys/ufs/lfs/lfs_vnops.c",
        function: "lfs_fsync",
        find: "if (fs->lfs_ronly)",
        by: "if (fs->lfs_ronly && (vp->v_mount->mnt_flag & MNT_RDONLY) == 0) { \
             if (ap->a_flags & FSYNC_RECLAIM) { struct buf *lost; \
             mutex_enter(&bufcache_lock); \
             LIST_FOREACH(lost, &vp->v_dirtyblkhd, b_vnbufs) LFS_UNLOCK_BUF(lost); \
             mutex_exit(&bufcache_lock); } \
             return EROFS; } \
             if (fs->lfs_ronly)",
        since: None,
    },
    // Nor are pages written: what the Ifile counts is not kept any more, and was less than nothing.
    Rule {
        source: "sys/ufs/lfs/lfs_pages.c",
        function: "lfs_putpages",
        find: "if (!(ap->a_flags & PGO_CLEANIT)) {",
        by: "if (fs->lfs_ronly && (vp->v_mount->mnt_flag & MNT_RDONLY) == 0 \
             && (ap->a_flags & PGO_CLEANIT)) { \
             if ((ap->a_flags & PGO_RECLAIM) == 0) { mutex_exit(vp->v_interlock); return EROFS; } \
             ap->a_flags &= ~PGO_CLEANIT; } \
             if (!(ap->a_flags & PGO_CLEANIT)) {",
        since: None,
    },
    // A block that was changed from then on was read again from the disk, and a page on its way to
    // the segment was put on the list of free buffers besides.
    Rule {
        source: "sys/ufs/lfs/lfs_bio.c",
        function: "lfs_bwrite_ext",
        find: "if (fs->lfs_ronly ||",
        by: "if ((fs->lfs_ronly && (vp->v_mount->mnt_flag & MNT_RDONLY) != 0) ||",
        since: None,
    },
    // Blocks of directories and of the Ifile whose write failed were read again from where they
    // never got to: a panic. They stay dirty, which keeps them in memory.
    Rule {
        source: "sys/ufs/lfs/lfs_segment.c",
        function: "lfs_cluster_aiodone",
        find: "tbp->b_error = error;",
        by: "if (tbp->b_iodone == NULL && tbp->b_vp != devvp) { mutex_enter(tbp->b_objlock); \
             tbp->b_oflags |= BO_DELWRI; mutex_exit(tbp->b_objlock); } \
             else tbp->b_error = error;",
        since: None,
    },
    // With assertions the Ifile's dirty blocks are a panic as soon as a checkpoint is given up.
    Rule {
        source: "sys/ufs/lfs/lfs_segment.c",
        function: "lfs_segwrite",
        find: "else if (do_ckp) {",
        by: "else if (do_ckp && !fs->lfs_ronly) {",
        since: None,
    },
];
