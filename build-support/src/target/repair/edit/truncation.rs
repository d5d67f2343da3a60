//! Bytes behind the end of a file, which come back when the file grows again.
//!
//! The page cache keeps the last page of a file whole, and file systems rely on zeros behind the
//! end of the file in it. So a file that shrinks has to be zeroed to the end of its last page,
//! also where blocks are smaller than that.
//!
//! Test of all of them: `kernel`, `volumes::stale`.

use super::Rule;

pub(super) const RULES: &[Rule] = &[
    // Nothing is zeroed.
    Rule {
        source: "sys/fs/udf/udf_allocation.c",
        function: "udf_shrink_node",
        find: "UDF_LOCK_NODE(udf_node, 0);",
        by: "if (new_size < vp->v_size) { \
             off_t unit = MAX(PAGE_SIZE, udf_rw32(ump->logical_vol->lb_size)); \
             off_t end = MIN(roundup((off_t)new_size, unit), vp->v_size); \
             ubc_zerorange(&vp->v_uobj, new_size, end - new_size, UBC_UNMAP_FLAG(vp)); } \
             UDF_LOCK_NODE(udf_node, 0);",
        since: None,
    },
    // The page cache does not learn that the file has grown, and what is behind its former end
    // cannot be read.
    Rule {
        source: "sys/fs/udf/udf_vnops.c",
        function: "udf_chsize",
        find: "VN_KNOTE(vp, NOTE_ATTRIB",
        by: "uvm_vnp_setsize(vp, newsize); VN_KNOTE(vp, NOTE_ATTRIB",
        since: None,
    },
    // Nothing is zeroed.
    Rule {
        source: "sys/fs/v7fs/v7fs_vnops.c",
        function: "v7fs_setattr",
        find: "error = v7fs_datablock_size_change(fs,",
        by: "if (vap->va_size < v7fs_inode_filesize(inode)) \
             ubc_zerorange(&vp->v_uobj, vap->va_size, round_page(vap->va_size) - vap->va_size, UBC_UNMAP_FLAG(vp)); \
             error = v7fs_datablock_size_change(fs,",
        since: None,
    },
    // It is the last block that is zeroed. Directories are not in the page cache, and blocks end
    // them.
    Rule {
        source: "sys/ufs/ext2fs/ext2fs_inode.c",
        function: "ext2fs_truncate",
        find: "offset = ext2_blkoff(fs, length);",
        by: "offset = ovp->v_type == VREG ? length & (MAX(fs->e2fs_bsize, PAGE_SIZE) - 1) : ext2_blkoff(fs, length);",
        since: None,
    },
    Rule {
        source: "sys/ufs/ext2fs/ext2fs_inode.c",
        function: "ext2fs_truncate",
        find: "size = fs->e2fs_bsize;",
        by: "size = ovp->v_type == VREG ? MAX(fs->e2fs_bsize, PAGE_SIZE) : fs->e2fs_bsize;",
        since: None,
    },
];
