//! v7fs: FIFOs, which cannot be locked.
//!
//! All operations of theirs, locking among them, go to fifofs, and a rump kernel has none: with
//! assertions looking at a FIFO was a panic. Test: `kernel`, `formats::v7fs`.

use super::Rule;

pub(super) const RULES: &[Rule] = &[Rule {
    source: "sys/fs/v7fs/v7fs_vfsops.c",
    function: "v7fs_init",
    find: "pool_init(&v7fs_node_pool,",
    by: "v7fs_fifoop_p[VOFFSET(vop_lock)] = genfs_lock; \
         v7fs_fifoop_p[VOFFSET(vop_unlock)] = genfs_unlock; \
         v7fs_fifoop_p[VOFFSET(vop_islocked)] = genfs_islocked; \
         pool_init(&v7fs_node_pool,",
    since: None,
}];
