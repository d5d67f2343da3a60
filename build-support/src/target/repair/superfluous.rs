//! Sources that are listed, not there, and not missed.

/// Sources that a component lists, and does not need.
const SUPERFLUOUS: &[(&str, &str)] = &[
    // The kernel has these functions itself; pinned sources are without this file. Test:
    // rumpkernel-build's `component_bmake`, where bmake fails for want of it.
    ("rumpfs_zfs", "atomic.c"),
    // Division, made by m4, for sparcs before the ninth. Test: rumpkernel-build's `cross`, which compiles sparc64.
    ("rump", "rem.S"),
    ("rump", "sdiv.S"),
    ("rump", "udiv.S"),
    ("rump", "urem.S"),
];

/// Whether a component can do without a source that the tree does not have as a file.
#[must_use]
pub fn is_superfluous(component: &str, source: &str) -> bool {
    SUPERFLUOUS.contains(&(component, source))
}
