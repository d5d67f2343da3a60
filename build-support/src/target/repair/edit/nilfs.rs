//! nilfs: no image could be mounted, and every number in an image was trusted.
//!
//! Tests: `kernel`, `formats::nilfs`; `damaged-images superblocks nilfs`.

use super::Rule;

const MOUNT: &str = "sys/fs/nilfs/nilfs_vfsops.c";
const SUBR: &str = "sys/fs/nilfs/nilfs_subr.c";
const VNOPS: &str = "sys/fs/nilfs/nilfs_vnops.c";

pub(super) const RULES: &[Rule] = &[
    // Writing is a panic in nilfs_write().
    Rule {
        source: MOUNT,
        function: "nilfs_mount",
        find: "if (mp->mnt_flag & MNT_UPDATE) {",
        by: "if ((mp->mnt_flag & MNT_RDONLY) == 0) return EROFS; if (mp->mnt_flag & MNT_UPDATE) {",
        since: None,
    },
    // A superblock whose size is more than its own is summed beyond its end.
    Rule {
        source: MOUNT,
        function: "nilfs_check_superblock_crc",
        find: "nilfs_rw16(super->s_bytes)",
        by: "MIN(nilfs_rw16(super->s_bytes), sizeof(*super))",
        since: None,
    },
    // The block size is asked of the file system that the device node lies in.
    Rule {
        source: MOUNT,
        function: "nilfs_read_superblock",
        find: "1 << nilfsdev->devvp->v_mount->mnt_fs_bshift",
        by: "DEV_BSIZE",
        since: None,
    },
    // What lies before the superblock is read, and the superblock copied from behind the buffer's
    // end.
    Rule {
        source: MOUNT,
        function: "nilfs_read_superblock",
        find: "(sb1off + dev_bsize -1)",
        by: "(sb1off + sizeof(*super) + dev_bsize - 1)",
        since: None,
    },
    // The second one is looked for as far behind its place as the first is behind the beginning.
    Rule {
        source: MOUNT,
        function: "nilfs_read_superblock",
        find: "sb2off / dev_bsize",
        by: "(nilfsdev->devsize < 8192 ? 0 : sb2off - sb1off) / dev_bsize",
        since: None,
    },
    Rule {
        source: MOUNT,
        function: "nilfs_read_superblock",
        find: "dev_blks  = 2;",
        by: "dev_blks = (sb1off + sizeof(*super) + dev_bsize - 1) / dev_bsize;",
        since: None,
    },
    // A damaged first one is used all the same, when the second is not newer.
    Rule {
        source: MOUNT,
        function: "nilfs_read_superblock",
        find: "sb2ok && (last_cno2 > last_cno1)",
        by: "sb2ok && (!sb1ok || last_cno2 > last_cno1)",
        since: None,
    },
    // Sizes that are divided by, shifted by, or must be those of the structures.
    Rule {
        source: MOUNT,
        function: "nilfs_mount_base",
        find: "log_blocksize = nilfs_rw32(",
        by: "if (nilfs_rw32(nilfsdev->super.s_log_block_size) > 6 \
             || nilfs_rw32(nilfsdev->super.s_blocks_per_segment) == 0 \
             || nilfs_rw16(nilfsdev->super.s_dat_entry_size) != sizeof(struct nilfs_dat_entry) \
             || nilfs_rw16(nilfsdev->super.s_inode_size) != sizeof(struct nilfs_inode) \
             || nilfs_rw16(nilfsdev->super.s_checkpoint_size) != sizeof(struct nilfs_checkpoint)) \
             return EINVAL; log_blocksize = nilfs_rw32(",
        since: None,
    },
    // A disk that can only be read cannot be opened for writing, and nothing is written.
    Rule {
        source: MOUNT,
        function: "nilfs_mount_device",
        find: "FREAD | FWRITE",
        by: "FREAD",
        since: None,
    },
    Rule {
        source: MOUNT,
        function: "nilfs_unmount_device",
        find: "FREAD | FWRITE",
        by: "FREAD",
        since: None,
    },
    // Nothing is said of how large it is, and how full.
    Rule {
        source: MOUNT,
        function: "nilfs_statvfs",
        find: "sbp->f_iosize = blocksize;",
        by: "sbp->f_iosize = blocksize; \
             sbp->f_blocks = nilfs_rw64(ump->nilfsdev->super.s_nsegments) \
             * nilfs_rw32(ump->nilfsdev->super.s_blocks_per_segment); \
             sbp->f_bfree = sbp->f_bavail = nilfs_rw64(ump->nilfsdev->super.s_free_blocks_count);",
        since: None,
    },
    // Without a valid super root the mount goes on with one of zeros.
    Rule {
        source: MOUNT,
        function: "nilfs_mount_base",
        find: "nilfs_search_super_root(nilfsdev);",
        by: "nilfsdev->super.s_state = 0; nilfs_search_super_root(nilfsdev);",
        since: None,
    },
    // The search goes on to older segments, or to where it has been, for ever: in one segment the
    // log grows, and from one to the next its sequence number does.
    Rule {
        source: SUBR,
        function: "nilfs_search_super_root",
        find: "struct nilfs_super_block *super;",
        by: "struct nilfs_super_block *super; \
             uint64_t before = 0, sequence = nilfs_rw64(nilfsdev->super.s_last_seq);",
        since: None,
    },
    Rule {
        source: SUBR,
        function: "nilfs_search_super_root",
        find: "error = nilfs_load_segsum(nilfsdev, ri);",
        by: "error = nilfs_load_segsum(nilfsdev, ri); \
             if (error == 0 && nilfs_rw64(ri->segsum.ss_seq) != sequence + 1 \
             && (nilfs_rw64(ri->segsum.ss_seq) != sequence || ri->pseg <= before)) error = EINVAL; \
             before = ri->pseg; sequence = nilfs_rw64(ri->segsum.ss_seq);",
        since: None,
    },
    // Counts and levels of a damaged tree lead out of its blocks, and down without end.
    Rule {
        source: SUBR,
        function: "nilfs_btree_lookup",
        find: "i < nilfs_rw16(btree_hdr->bn_nchildren)",
        by: "i < MIN(nilfs_rw16(btree_hdr->bn_nchildren), NILFS_BTREE_ROOT_NCHILDREN_MAX)",
        since: None,
    },
    Rule {
        source: SUBR,
        function: "nilfs_btree_lookup",
        find: "assert(btree_hdr->bn_level > 1);",
        by: "if (btree_hdr->bn_level < 2 || btree_hdr->bn_level > NILFS_BTREE_LEVEL_MAX) return EIO;",
        since: None,
    },
    Rule {
        source: SUBR,
        function: "nilfs_btree_lookup_level",
        find: "i < nilfs_rw16(btree_hdr->bn_nchildren)",
        by: "i < MIN(nilfs_rw16(btree_hdr->bn_nchildren), \
             NILFS_BTREE_NODE_NCHILDREN_MAX(nilfsdev->blocksize))",
        since: None,
    },
    Rule {
        source: SUBR,
        function: "nilfs_btree_lookup_level",
        find: "assert((btree_hdr->bn_flags & NILFS_BTREE_NODE_ROOT) == 0);",
        by: "if (btree_hdr->bn_flags & NILFS_BTREE_NODE_ROOT) { brelse(bp, 0); return EIO; }",
        since: None,
    },
    Rule {
        source: SUBR,
        function: "nilfs_btree_lookup_level",
        find: "assert(dkeys[selected] <= lblocknr);",
        by: "if (dkeys[selected] > lblocknr) { brelse(bp, 0); return EIO; }",
        since: None,
    },
    Rule {
        source: SUBR,
        function: "nilfs_btree_lookup_level",
        find: "btree_hdr->bn_level-1",
        by: "level - 1",
        since: None,
    },
    // An entry of a directory that leads out of its block, or no further.
    Rule {
        source: SUBR,
        function: "dirhash_fill",
        find: "name_len = ndirent->name_len;",
        by: "if (nilfs_rw16(ndirent->rec_len) < 12 \
             || nilfs_rw16(ndirent->rec_len) > blocksize - blkoff \
             || ndirent->name_len > nilfs_rw16(ndirent->rec_len) - 12) { error = EIO; break; } \
             name_len = ndirent->name_len;",
        since: None,
    },
    Rule {
        source: SUBR,
        function: "dirhash_fill",
        find: "dirh->flags |= DIRH_COMPLETE;",
        by: "dirh->flags |= error ? DIRH_BROKEN : DIRH_COMPLETE;",
        since: None,
    },
    Rule {
        source: VNOPS,
        function: "nilfs_readdir",
        find: "name_len = ndirent->name_len;",
        by: "if (nilfs_rw16(ndirent->rec_len) < 12 \
             || nilfs_rw16(ndirent->rec_len) > blocksize - blkoff \
             || ndirent->name_len > nilfs_rw16(ndirent->rec_len) - 12) { error = EIO; break; } \
             name_len = ndirent->name_len;",
        since: None,
    },
];
