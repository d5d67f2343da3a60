//! FFS, LFS: a directory that is listed from within a block.
//!
//! The entries before that place are skipped by their lengths, and one whose length is 0 was skipped
//! for ever. It is EINVAL now, as an entry is that reaches beyond the place.
//!
//! Test: `kernel`, `bad_images::a_damaged_directory_is_not_listed_for_ever`.

use super::Rule;

/// A length of 0 is larger than any after the subtraction.
const fn skipped(source: &'static str, function: &'static str) -> Rule {
    Rule {
        source,
        function,
        find: "<= skipbytes) {",
        by: "- 1U < (unsigned)skipbytes) {",
        since: None,
    }
}

pub(super) const RULES: &[Rule] = &[
    skipped("sys/ufs/ufs/ufs_vnops.c", "ufs_readdir"),
    skipped("sys/ufs/lfs/ulfs_vnops.c", "ulfs_readdir"),
];
