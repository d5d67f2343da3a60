//! rumpblk: what is asked for beyond the end of a disk was answered in three ways, none of them an
//! error that everybody sees.
//!
//! A request that began at the end was done without a byte and without an error, one across it was
//! cut short, and one behind it was EINVAL. File systems look at the error only, and took for data
//! what was in the buffer. All of these are EIO here. A read of the raw device that begins at the
//! end is still an end of file.
//!
//! Tests: `kernel`, `disks::what_lies_beyond_the_end_is_an_error`.

use super::Rule;

const RUMPBLK: &str = "sys/rump/librump/rumpvfs/rumpblk.c";

pub(super) const RULES: &[Rule] = &[
    // Only physio(9) makes an end of file of it.
    Rule {
        source: RUMPBLK,
        function: "dostrategy",
        find: "if (sz == 0) {",
        by: "if (sz == 0 && BUF_ISREAD(bp) && (bp->b_flags & B_PHYS) != 0) {",
        since: None,
    },
    // A write that nobody waits for has to be known to the host, which remembers that it failed: it
    // is sent where no disk reaches.
    Rule {
        source: RUMPBLK,
        function: "dostrategy",
        find: "if (sz < 0) {",
        by: "if (BUF_ISREAD(bp)) { rump_biodone(bp, 0, EIO); return; } off = (off_t)1 << 62; if (0) {",
        since: None,
    },
    Rule {
        source: RUMPBLK,
        function: "dostrategy",
        find: "bp->b_bcount = sz;",
        by: "",
        since: None,
    },
];
