//! Superblocks whose numbers contradict each other.
//!
//! The drivers divide by them, index with them, and ask for as much memory as they say. Test:
//! rumpkernel-fuzz's `superblocks`, and its command of that name.

use super::Rule;

const FFS: &str = "sys/ufs/ffs/ffs_vfsops.c";
const EXT2: &str = "sys/ufs/ext2fs/ext2fs_vfsops.c";
const SYSVBFS: &str = "sys/fs/sysvbfs/bfs.c";

pub(super) const RULES: &[Rule] = &[
    // Blocks in an image are within 24 bits; an assertion is for what the driver itself does
    // wrong.
    Rule {
        source: "sys/fs/efs/efs_subr.c",
        function: "efs_bread",
        find: "KASSERT(bboff < EFS_SIZE_MAX);",
        by: "if (bboff >= EFS_SIZE_MAX) { *bp = NULL; return EIO; }",
        since: None,
    },
    // Groups that are larger than the block of their bitmap, inodes that do not fill blocks or
    // are not as many as the groups have, and a first block that is not that of the block size.
    Rule {
        source: EXT2,
        function: "ext2fs_sbfill",
        find: "m_fs->e2fs_itpg = fs->e2fs_ipg / m_fs->e2fs_ipb;",
        by: "m_fs->e2fs_itpg = fs->e2fs_ipg / m_fs->e2fs_ipb; \
             if (fs->e2fs_bpg > 8 * (uint32_t)m_fs->e2fs_bsize \
             || fs->e2fs_ipg > 8 * (uint32_t)m_fs->e2fs_bsize \
             || fs->e2fs_ipg % m_fs->e2fs_ipb != 0 || m_fs->e2fs_itpg + 2 > fs->e2fs_bpg \
             || (fs->e2fs_rev > E2FS_REV0 && fs->e2fs_inode_size < EXT2_REV0_DINODE_SIZE) \
             || fs->e2fs_fpg != fs->e2fs_bpg || (uint64_t)fs->e2fs_ipg * m_fs->e2fs_ncg != fs->e2fs_icount \
             || fs->e2fs_ficount > fs->e2fs_icount \
             || fs->e2fs_first_dblock != (m_fs->e2fs_bsize == MINBSIZE)) return EINVAL;",
        since: Some("2015-05-20"),
    },
    // Bitmaps and inodes of a group that lie outside the file system.
    Rule {
        source: EXT2,
        function: "ext2fs_mountfs",
        find: "mp->mnt_data = ump;",
        by: "for (i = 0; i < m_fs->e2fs_ncg; i++) { \
             struct ext2_gd *gd = &m_fs->e2fs_gd[i]; \
             if (gd->ext2bgd_b_bitmap <= m_fs->e2fs.e2fs_first_dblock \
             || gd->ext2bgd_b_bitmap >= m_fs->e2fs.e2fs_bcount \
             || gd->ext2bgd_i_bitmap <= m_fs->e2fs.e2fs_first_dblock \
             || gd->ext2bgd_i_bitmap >= m_fs->e2fs.e2fs_bcount \
             || gd->ext2bgd_i_bitmap == gd->ext2bgd_b_bitmap \
             || gd->ext2bgd_i_tables <= m_fs->e2fs.e2fs_first_dblock \
             || gd->ext2bgd_i_tables >= m_fs->e2fs.e2fs_bcount - m_fs->e2fs_itpg) { \
             kmem_free(m_fs->e2fs_gd, m_fs->e2fs_ngdb * m_fs->e2fs_bsize); error = EINVAL; goto out; } } \
             mp->mnt_data = ump;",
        since: None,
    },
    // What newfs(8) derives from other numbers, and the driver takes from the disk.
    Rule {
        source: FFS,
        function: "ffs_mountfs",
        find: "ump->um_maxfilesize = fs->fs_maxfilesize;",
        by: "if (fs->fs_frag < 1 || fs->fs_frag > MAXFRAG || fs->fs_frag != fs->fs_bsize / fs->fs_fsize \
             || fs->fs_fsize < DEV_BSIZE \
             || fs->fs_nindir != fs->fs_bsize / (fstype == UFS1 ? sizeof(int32_t) : sizeof(int64_t)) \
             || fs->fs_qbmask != fs->fs_bsize - 1 || fs->fs_qfmask != fs->fs_fsize - 1 \
             || fs->fs_ipg < 1 || fs->fs_ipg % fs->fs_inopb != 0 \
             || fs->fs_fpg < 1 || fs->fs_fpg % fs->fs_frag != 0 || fs->fs_fpg > 8 * fs->fs_bsize \
             || fs->fs_sblkno < 0 || fs->fs_cblkno <= fs->fs_sblkno || fs->fs_iblkno <= fs->fs_cblkno \
             || fs->fs_dblkno <= fs->fs_iblkno || fs->fs_dblkno > fs->fs_fpg \
             || fs->fs_dblkno - fs->fs_iblkno != fs->fs_ipg / (fs->fs_inopb >> fs->fs_fragshift) \
             || fs->fs_size < fs->fs_dblkno || fs->fs_ncg < 1 \
             || (fs->fs_size + fs->fs_fpg - 1) / fs->fs_fpg != fs->fs_ncg \
             || fs->fs_cgsize < (int32_t)sizeof(struct cg) || fs->fs_cgsize > fs->fs_bsize \
             || fs->fs_cssize < 1 || fs->fs_cssize != \
             (int64_t)roundup(fs->fs_ncg * (int64_t)sizeof(struct csum), fs->fs_fsize) \
             || fs->fs_csaddr < fs->fs_dblkno \
             || fs->fs_csaddr > fs->fs_size - fs->fs_cssize / fs->fs_fsize \
             || fs->fs_contigsumsize < 0 || fs->fs_contigsumsize > FS_MAXCONTIG \
             || fs->fs_maxbpg < 1 || fs->fs_maxsymlinklen < 0 || fs->fs_maxsymlinklen > \
             (UFS_NDADDR + UFS_NIADDR) * (int)(fstype == UFS1 ? sizeof(int32_t) : sizeof(int64_t)) \
             || (fstype == UFS1 && (fs->fs_old_cgoffset < 0 || fs->fs_old_cgoffset > fs->fs_fpg))) { \
             error = EINVAL; goto out; } \
             ump->um_maxfilesize = fs->fs_maxfilesize;",
        since: None,
    },
    // Inodes and a root directory that are read into less memory than they take: sizes are
    // computed with 32 bits.
    Rule {
        source: SYSVBFS,
        function: "bfs_init_superblock",
        find: "bfs->data_end = super.header.data_end_byte;",
        by: "bfs->data_end = super.header.data_end_byte; \
             if (bfs->data_start % BFS_BSIZE != 0 || bfs->data_start <= sizeof(struct bfs_super_block) \
             || bfs->data_start > sizeof(struct bfs_super_block) + 65536 * sizeof(struct bfs_inode) \
             || bfs->data_end < bfs->data_start) return EINVAL;",
        since: None,
    },
    Rule {
        source: SYSVBFS,
        function: "bfs_init_inode",
        find: "bfs->root_inode = root_inode;",
        by: "if (root_inode->start_sector < bfs->data_start / BFS_BSIZE \
             || root_inode->end_sector < root_inode->start_sector \
             || root_inode->end_sector - root_inode->start_sector >= \
             65536 * sizeof(struct bfs_dirent) / BFS_BSIZE) return EINVAL; \
             bfs->root_inode = root_inode;",
        since: None,
    },
    // A free inode that is not free: the directory that the new file is for, say, which is locked.
    Rule {
        source: "sys/fs/v7fs/v7fs_inode.c",
        function: "v7fs_inode_allocate",
        find: "*ino = inode_number;",
        by: "struct v7fs_inode taken; \
             if ((error = v7fs_inode_load(fs, &taken, inode_number)) != 0) goto errexit; \
             if (inode_number <= V7FS_ROOT_INODE || taken.mode != 0) { error = EIO; goto errexit; } \
             *ino = inode_number;",
        since: None,
    },
];
