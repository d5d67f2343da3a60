//! Times that a format cannot hold are refused with EINVAL, as POSIX has it, and not cut to
//! another time.
//!
//! Test: `kernel`, `formats::times`.

use super::Rule;

const EXT2: &str = "sys/ufs/ext2fs/ext2fs_vnops.c";

pub(super) const RULES: &[Rule] = &[
    // 32-bit machines lost what is after 2106: their longs have 32 bits, and FAT's years go to
    // 2107.
    Rule {
        source: "sys/fs/msdosfs/msdosfs_conv.c",
        function: "unix2dostime",
        find: "u_long t;",
        by: "uint64_t t;",
        since: None,
    },
    // The last second before 1970 is the number that says that a time is not to be set: it was
    // left as it is.
    Rule {
        source: "sys/kern/vfs_syscalls.c",
        function: "do_sys_utimensat",
        find: "if (vp == NULL) {",
        by: "if ((ts[0].tv_nsec != UTIME_OMIT && ts[0].tv_sec == VNOVAL) \
             || (ts[1].tv_nsec != UTIME_OMIT && ts[1].tv_sec == VNOVAL)) return EINVAL; \
             if (vp == NULL) {",
        since: None,
    },
    // 32 bits with a sign: 1901 to 2038.
    Rule {
        source: "sys/ufs/ufs/ufs_vnops.c",
        function: "ufs_setattr",
        find: "error = kauth_authorize_vnode(cred, KAUTH_VNODE_WRITE_TIMES, vp,",
        by: "if (ip->i_ump->um_fstype == UFS1 \
             && (vap->va_atime.tv_sec != (int32_t)vap->va_atime.tv_sec \
             || vap->va_mtime.tv_sec != (int32_t)vap->va_mtime.tv_sec)) { error = EINVAL; goto out; } \
             error = kauth_authorize_vnode(cred, KAUTH_VNODE_WRITE_TIMES, vp,",
        since: None,
    },
    Rule {
        source: EXT2,
        function: "ext2fs_setattr",
        find: "error = kauth_authorize_vnode(cred, KAUTH_VNODE_WRITE_TIMES, vp,",
        by: "if (vap->va_atime.tv_sec != (int32_t)vap->va_atime.tv_sec \
             || vap->va_mtime.tv_sec != (int32_t)vap->va_mtime.tv_sec) return EINVAL; \
             error = kauth_authorize_vnode(cred, KAUTH_VNODE_WRITE_TIMES, vp,",
        since: None,
    },
    // And times before 1970 were read as such after 2038.
    Rule {
        source: EXT2,
        function: "ext2fs_getattr",
        find: "= ip->i_e2fs_atime;",
        by: "= (int32_t)ip->i_e2fs_atime;",
        since: None,
    },
    Rule {
        source: EXT2,
        function: "ext2fs_getattr",
        find: "= ip->i_e2fs_mtime;",
        by: "= (int32_t)ip->i_e2fs_mtime;",
        since: None,
    },
    Rule {
        source: EXT2,
        function: "ext2fs_getattr",
        find: "= ip->i_e2fs_ctime;",
        by: "= (int32_t)ip->i_e2fs_ctime;",
        since: None,
    },
    Rule {
        source: "sys/fs/v7fs/v7fs_vnops.c",
        function: "v7fs_setattr",
        find: "error = kauth_authorize_vnode(cred, KAUTH_VNODE_WRITE_TIMES, vp,",
        by: "if (vap->va_atime.tv_sec != (int32_t)vap->va_atime.tv_sec \
             || vap->va_mtime.tv_sec != (int32_t)vap->va_mtime.tv_sec) return EINVAL; \
             error = kauth_authorize_vnode(cred, KAUTH_VNODE_WRITE_TIMES, vp,",
        since: None,
    },
    Rule {
        source: "sys/fs/sysvbfs/sysvbfs_vnops.c",
        function: "sysvbfs_setattr",
        find: "error = kauth_authorize_vnode(cred, KAUTH_VNODE_WRITE_TIMES, vp,",
        by: "if (vap->va_atime.tv_sec != (int32_t)vap->va_atime.tv_sec \
             || vap->va_mtime.tv_sec != (int32_t)vap->va_mtime.tv_sec) return EINVAL; \
             error = kauth_authorize_vnode(cred, KAUTH_VNODE_WRITE_TIMES, vp,",
        since: None,
    },
    // 1980 to 2107, which are stored as 1970 otherwise.
    Rule {
        source: "sys/fs/msdosfs/msdosfs_vnops.c",
        function: "msdosfs_setattr",
        find: "error = kauth_authorize_vnode(cred, KAUTH_VNODE_WRITE_TIMES,",
        by: "if ((vap->va_atime.tv_sec != VNOVAL && (vap->va_atime.tv_sec + pmp->pm_gmtoff < 315532800LL \
             || vap->va_atime.tv_sec + pmp->pm_gmtoff > 4354819199LL)) \
             || (vap->va_mtime.tv_sec != VNOVAL && (vap->va_mtime.tv_sec + pmp->pm_gmtoff < 315532800LL \
             || vap->va_mtime.tv_sec + pmp->pm_gmtoff > 4354819199LL))) { error = EINVAL; goto bad; } \
             error = kauth_authorize_vnode(cred, KAUTH_VNODE_WRITE_TIMES,",
        since: None,
    },
    // The years 1970, before which there is no conversion, to 9999.
    Rule {
        source: "sys/fs/udf/udf_vnops.c",
        function: "udf_chtimes",
        find: "error = kauth_authorize_vnode(cred, KAUTH_VNODE_WRITE_TIMES, vp,",
        by: "if ((atime->tv_sec != VNOVAL && (atime->tv_sec < 0 || atime->tv_sec > 253402300799LL)) \
             || (mtime->tv_sec != VNOVAL && (mtime->tv_sec < 0 || mtime->tv_sec > 253402300799LL))) \
             return EINVAL; \
             error = kauth_authorize_vnode(cred, KAUTH_VNODE_WRITE_TIMES, vp,",
        since: None,
    },
    // The century from 2000 on has a day more than others and the first four years of others have
    // one less, so that dates from the last day of 2099 on are a day off. Years are counted one
    // by one instead, 399 at most.
    Rule {
        source: "sys/dev/clock_subr.c",
        function: "clock_ymdhms_to_secs",
        find: "i = year / 100;",
        by: "i = 0;",
        since: Some("2014-12-16"),
    },
    Rule {
        source: "sys/dev/clock_subr.c",
        function: "clock_ymdhms_to_secs",
        find: "i = year / 4;",
        by: "i = 0;",
        since: Some("2014-12-16"),
    },
    Rule {
        source: "sys/dev/clock_subr.c",
        function: "clock_secs_to_ymdhms",
        find: "i = days / DAYS100YEARS;",
        by: "i = 0;",
        since: Some("2014-12-16"),
    },
    Rule {
        source: "sys/dev/clock_subr.c",
        function: "clock_secs_to_ymdhms",
        find: "i = days / DAYS4YEARS;",
        by: "i = 0;",
        since: Some("2014-12-16"),
    },
];
