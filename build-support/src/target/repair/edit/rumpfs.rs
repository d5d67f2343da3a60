//! The root of rumpfs, which each path goes through.
//!
//! The file system says that it needs no big lock, but its root is made before it says so, and each
//! lookup takes the big lock ten times. Figures: `docs/performance.md`, `stat` with two threads.

use super::Rule;

pub(super) const RULES: &[Rule] = &[Rule {
    source: "sys/rump/librump/rumpvfs/rumpfs.c",
    function: "rumpfs_mountfs",
    find: "rfsmp->rfsmp_rvp->v_vflag |= VV_ROOT;",
    by: "rfsmp->rfsmp_rvp->v_vflag |= VV_ROOT | VV_MPSAFE;",
    since: None,
}];
