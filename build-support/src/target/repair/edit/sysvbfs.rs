//! sysvbfs: what becomes of a file's size, and of the files behind it.
//!
//! Test of all of them: `kernel`, `volumes::stale::sysvbfs_files_are_what_was_written`.

use super::Rule;

const OPERATIONS: &str = "sys/fs/sysvbfs/sysvbfs_vnops.c";

pub(super) const RULES: &[Rule] = &[
    // Opened for writing, a file is taken for empty, and is as long as what is written next.
    Rule {
        source: OPERATIONS,
        function: "sysvbfs_open",
        find: "bnode->size = 0;",
        by: "bnode->size = bfs_file_size(inode);",
        since: None,
    },
    // A longer file takes the sectors of the files behind it, and those behind the end of the
    // disk.
    Rule {
        source: OPERATIONS,
        function: "sysvbfs_setattr",
        find: "sysvbfs_file_setsize(vp,",
        by: "if (!repair_has_room(bfs, inode, vap->va_size)) return ENOSPC; sysvbfs_file_setsize(vp,",
        since: None,
    },
    Rule {
        source: OPERATIONS,
        function: "sysvbfs_write",
        find: "sysvbfs_file_setsize(v, uio->uio_offset + uio->uio_resid);",
        by: "if (!repair_has_room(bnode->bmp->bfs, bnode->inode, uio->uio_offset + uio->uio_resid)) return ENOSPC; \
             sysvbfs_file_setsize(v, uio->uio_offset + uio->uio_resid);",
        since: None,
    },
    // Nothing is zeroed: neither behind the end of a file that shrinks, nor what deleted files
    // have left where one grows. The size is that of the last open(2), which truncate(2) does not
    // need.
    Rule {
        source: OPERATIONS,
        function: "sysvbfs_file_setsize",
        find: "bnode->size = size;",
        by: "size_t old = bfs_file_size(inode), from = MIN(size, old), to = MAX(size, MIN(old, round_page(size))); \
             bnode->data_block = inode->start_sector; \
             uvm_vnp_setsize(v, to); \
             ubc_zerorange(&v->v_uobj, from, to - from, UBC_UNMAP_FLAG(v)); \
             bnode->size = size;",
        since: None,
    },
    // An empty file ends in front of its first sector, so that the next file is made in that, too.
    Rule {
        source: OPERATIONS,
        function: "sysvbfs_file_setsize",
        find: "(ROUND_SECTOR(bnode->size)",
        by: "(ROUND_SECTOR(MAX(bnode->size, 1))",
        since: None,
    },
];
