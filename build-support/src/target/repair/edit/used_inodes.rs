//! Inodes that are free in a bitmap, and in use.
//!
//! No mount can look for them. The kernel panicked when a file was to be created in one; now that
//! is EIO, and as the bitmap has the inode marked by then, the next file gets another. Tests:
//! `kernel`, `formats::used_inodes`; `damaged-images superblocks ext2`.

use super::Rule;

const EXT2: &str = "sys/ufs/ext2fs/ext2fs_alloc.c";

pub(super) const RULES: &[Rule] = &[
    // The directory that the file is for is locked by its creator, who would wait for itself.
    Rule {
        source: EXT2,
        function: "ext2fs_valloc",
        find: "error = VFS_VGET(pvp->v_mount, ino, vpp);",
        by: "if (ino == pip->i_number) return EIO; \
             error = VFS_VGET(pvp->v_mount, ino, vpp);",
        since: None,
    },
    Rule {
        source: EXT2,
        function: "ext2fs_valloc",
        find: "if (ip->i_e2fs_mode && ip->i_e2fs_nlink != 0) {",
        by: "if (ip->i_e2fs_mode && ip->i_e2fs_nlink != 0) { \
             vput(*vpp); *vpp = NULL; return EIO;",
        since: None,
    },
    Rule {
        source: "sys/ufs/ffs/ffs_vfsops.c",
        function: "ffs_newvnode",
        find: "if (ip->i_mode",
        by: "if (ip->i_mode) { ffs_deinit_vnode(ump, vp); return EIO; } if (ip->i_mode",
        since: Some("2015-05-20"),
    },
];
