//! LFS superblocks whose numbers contradict each other.
//!
//! The driver checks the magic number, the version and the block size, and panics at, waits for or
//! divides by the rest. Test: rumpkernel-fuzz's `superblocks`, and its command of that name.

use super::Rule;

const LFS: &str = "sys/ufs/lfs/lfs_vfsops.c";

pub(super) const RULES: &[Rule] = &[
    // The first superblock says where it lies itself. That can lead to another one that leads back.
    Rule {
        source: LFS,
        function: "lfs_mountfs",
        find: "fsbsize = 1 << lfs_sb_getffshift(primarysb);",
        by: "if (lfs_sb_getffshift(primarysb) < DEV_BSHIFT || lfs_sb_getffshift(primarysb) > 16) { \
             error = EINVAL; goto out; } \
             fsbsize = 1 << lfs_sb_getffshift(primarysb);",
        since: Some("2016-03-02"),
    },
    Rule {
        source: LFS,
        function: "lfs_mountfs",
        find: "sb_addr = lfs_sb_getsboff(primarysb, 0) <<",
        by: "if (sb_addr != LFS_LABELPAD / DEV_BSIZE) { error = EINVAL; goto out; } \
             sb_addr = lfs_sb_getsboff(primarysb, 0) <<",
        since: Some("2016-03-02"),
    },
    // What newfs_lfs(8) derives from other numbers. In version 1 segments are counted in other
    // units.
    Rule {
        source: LFS,
        function: "lfs_mountfs",
        find: "memcpy(&fs->lfs_dlfs_u.u_32, &thesb->lfs_dlfs_u.u_32,",
        by: "{ const uint64_t bsize = lfs_sb_getbsize(thesb), fsize = lfs_sb_getfsize(thesb); \
             const uint64_t ssize = lfs_sb_getssize(thesb), fsbpseg = lfs_sb_getfsbpseg(thesb); \
             const uint64_t nseg = lfs_sb_getnseg(thesb), size = lfs_sb_getsize(thesb); \
             const int64_t s0addr = lfs_sb_gets0addr(thesb); \
             const bool is64 = thesb->lfs_is64, first = lfs_sb_getversion(thesb) == 1; \
             const uint64_t dinode = DINOSIZE(thesb); \
             if (lfs_sb_getversion(thesb) < 1 \
             || lfs_sb_getbshift(thesb) > 16 || bsize != 1ULL << lfs_sb_getbshift(thesb) \
             || lfs_sb_getffshift(thesb) < DEV_BSHIFT || lfs_sb_getffshift(thesb) > 16 \
             || fsize != 1ULL << lfs_sb_getffshift(thesb) || fsize > bsize \
             || lfs_sb_getfrag(thesb) != bsize / fsize \
             || lfs_sb_getfbshift(thesb) != lfs_sb_getbshift(thesb) - lfs_sb_getffshift(thesb) \
             || lfs_sb_getbmask(thesb) != bsize - 1 || lfs_sb_getffmask(thesb) != fsize - 1 \
             || lfs_sb_getnindir(thesb) != bsize / (is64 ? sizeof(int64_t) : sizeof(int32_t)) \
             || lfs_sb_getifpb(thesb) != bsize / (is64 ? sizeof(IFILE64) \
             : first ? sizeof(IFILE_V1) : sizeof(IFILE32)) \
             || lfs_sb_getsepb(thesb) != bsize / (first ? sizeof(SEGUSE_V1) : sizeof(SEGUSE)) \
             || nseg < 2 || lfs_sb_getcleansz(thesb) < 1 \
             || lfs_sb_getcleansz(thesb) > howmany(sizeof(CLEANERINFO), bsize) + 1 \
             || lfs_sb_getsegtabsz(thesb) != howmany(nseg, lfs_sb_getsepb(thesb)) \
             || lfs_sb_getminfreeseg(thesb) >= nseg || lfs_sb_getresvseg(thesb) >= nseg \
             || lfs_sb_getnclean(thesb) > nseg || lfs_sb_getinterleave(thesb) >= nseg \
             || lfs_sb_getminfree(thesb) > 100 || lfs_sb_getidaddr(thesb) <= 0 \
             || lfs_sb_getbfree(thesb) < 0 \
             || (uint64_t)lfs_sb_getbfree(thesb) > lfs_sb_getdsize(thesb) \
             || lfs_sb_getmaxfilesize(thesb) > INT64_MAX \
             || lfs_sb_getmaxsymlinklen(thesb) < 0 || lfs_sb_getmaxsymlinklen(thesb) > \
             (ULFS_NDADDR + ULFS_NIADDR) * (int)(is64 ? sizeof(int64_t) : sizeof(int32_t)) \
             || (!first && (fsbpseg < 1 || fsbpseg * fsize != ssize || ssize < 2 * bsize \
             || nseg > size / fsbpseg || lfs_sb_getdsize(thesb) > size \
             || lfs_sb_getdmeta(thesb) > (int64_t)size || lfs_sb_getdmeta(thesb) < -(int64_t)size \
             || (uint64_t)lfs_sb_getidaddr(thesb) >= size \
             || lfs_sb_getavail(thesb) > (int64_t)size || lfs_sb_getavail(thesb) < -(int64_t)size \
             || lfs_sb_getibsize(thesb) < fsize || lfs_sb_getibsize(thesb) > bsize \
             || lfs_sb_getibsize(thesb) % fsize != 0 || lfs_sb_getinopb(thesb) < 1 \
             || lfs_sb_getinopb(thesb) != lfs_sb_getibsize(thesb) / dinode \
             || lfs_sb_getsumsize(thesb) < fsize || lfs_sb_getsumsize(thesb) > bsize \
             || lfs_sb_getsumsize(thesb) % fsize != 0 || lfs_sb_getsumsize(thesb) > ssize / 2 \
             || s0addr < 0 || (uint64_t)s0addr >= fsbpseg \
             || lfs_sb_getcurseg(thesb) < s0addr || lfs_sb_getnextseg(thesb) < s0addr \
             || lfs_sb_getnextseg(thesb) == lfs_sb_getcurseg(thesb) \
             || (lfs_sb_getcurseg(thesb) - s0addr) % fsbpseg != 0 \
             || (lfs_sb_getnextseg(thesb) - s0addr) % fsbpseg != 0 \
             || (lfs_sb_getcurseg(thesb) - s0addr) / fsbpseg >= nseg \
             || (lfs_sb_getnextseg(thesb) - s0addr) / fsbpseg >= nseg \
             || lfs_sb_getoffset(thesb) < lfs_sb_getcurseg(thesb) \
             || lfs_sb_getoffset(thesb) > lfs_sb_getcurseg(thesb) + (int64_t)fsbpseg))) { \
             kmem_free(fs, sizeof(struct lfs)); error = EINVAL; goto out; } } \
             memcpy(&fs->lfs_dlfs_u.u_32, &thesb->lfs_dlfs_u.u_32,",
        since: Some("2016-03-02"),
    },
    // Where the inode of the inode file should be there is none, or where that of another file
    // should be.
    Rule {
        source: LFS,
        function: "lfs_loadvnode",
        find: "panic(\"lfs_loadvnode: dinode not found\");",
        by: "lfs_deinit_vnode(ump, vp); return EIO;",
        since: Some("2016-03-02"),
    },
    // A mount that ends there leaves the device mounted on what is freed.
    Rule {
        source: LFS,
        function: "lfs_mountfs",
        find: "DLOG((DLOG_MOUNT, \"lfs_mountfs: ifile vget failed",
        by: "spec_node_setmountedfs(devvp, NULL); lfs_free_resblks(fs); \
             DLOG((DLOG_MOUNT, \"lfs_mountfs: ifile vget failed",
        since: None,
    },
    // A segment that is full to its end when the file system is mounted is left for the next one
    // while the free inodes are put in order, before there are the flags of segments.
    Rule {
        source: LFS,
        function: "lfs_mountfs",
        find: "lfs_order_freelist(fs);",
        by: "",
        since: None,
    },
    Rule {
        source: LFS,
        function: "lfs_mountfs",
        find: "if (!ronly && fs->lfs_use_quota2) {",
        by: "lfs_order_freelist(fs); if (!ronly && fs->lfs_use_quota2) {",
        since: None,
    },
];
