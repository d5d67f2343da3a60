//! Memory that nobody has initialized, and addresses, in what is written to a disk.
//!
//! Test of all of them: `kernel`, `volumes::leaks`.

use super::Rule;

const NAMES: &str = "sys/fs/msdosfs/msdosfs_conv.c";
/// The first snapshot in which names are converted as a whole.
const WHOLE_NAMES: Option<&str> = Some("2016-05-17a");
const SLOTS: &str = "u_int16_t wn[howmany(WIN_MAXLEN, WIN_CHARS) * WIN_CHARS], *p";
const LOG: &str = "sys/kern/vfs_wapbl.c";

pub(super) const RULES: &[Rule] = &[
    // A name of more than 247 characters has 20 entries of 13, and the last one takes what is on
    // the stack behind the name. It is also compared, so that the name may not be found again.
    Rule {
        source: NAMES,
        function: "unix2winfn",
        find: "u_int16_t wn[WIN_MAXLEN], *p",
        by: SLOTS,
        since: WHOLE_NAMES,
    },
    Rule {
        source: NAMES,
        function: "unix2winfn",
        find: "ucs2pad(wn, len, WIN_MAXLEN)",
        by: "ucs2pad(wn, len, __arraycount(wn))",
        since: WHOLE_NAMES,
    },
    Rule {
        source: NAMES,
        function: "winChkName",
        find: "u_int16_t wn[WIN_MAXLEN], *p",
        by: SLOTS,
        since: WHOLE_NAMES,
    },
    Rule {
        source: NAMES,
        function: "winChkName",
        find: "ucs2pad(wn, len, WIN_MAXLEN)",
        by: "ucs2pad(wn, len, __arraycount(wn))",
        since: WHOLE_NAMES,
    },
    // Records of the log have gaps, and end where the last of them is used.
    Rule {
        source: LOG,
        function: "wapbl_write_blocks",
        find: "wc->wc_type = ",
        by: "memset(wc, 0, blocklen); wc->wc_type = ",
        since: None,
    },
    Rule {
        source: LOG,
        function: "wapbl_write_inodes",
        find: "wc->wc_type = ",
        by: "memset(wc, 0, blocklen); wc->wc_type = ",
        since: None,
    },
    Rule {
        source: LOG,
        function: "wapbl_write_revocations",
        find: "wc->wc_type = ",
        by: "memset(wc, 0, blocklen); wc->wc_type = ",
        since: None,
    },
    // Of a block of inodes that is not full, only the numbers of those that are missing are set.
    Rule {
        source: "sys/ufs/lfs/lfs_segment.c",
        function: "lfs_writeinode",
        find: "for (i = 0; i < LFS_INOPB(fs); ++i)",
        by: "clrbuf(sp->ibp); for (i = 0; i < LFS_INOPB(fs); ++i)",
        since: None,
    },
    // The superblock in memory, which is written, has pointers to memory: from fs_ocsp to
    // fs_active.
    Rule {
        source: "sys/ufs/ffs/ffs_vfsops.c",
        function: "ffs_sbupdate",
        find: "memcpy(bp->b_data, fs, fs->fs_sbsize);",
        by: "memcpy(bp->b_data, fs, fs->fs_sbsize); \
             memset(((struct fs *)bp->b_data)->fs_ocsp, 0, \
             offsetof(struct fs, fs_active) + sizeof(fs->fs_active) - offsetof(struct fs, fs_ocsp));",
        since: None,
    },
];
