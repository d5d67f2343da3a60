//! Sources that are listed, not there, and not missed.

/// Sources that a component lists, and does not need.
const SUPERFLUOUS: &[(&str, &str)] = &[
    // The kernel has these functions itself; pinned sources are without this file. Test:
    // rumpkernel-build's `component_bmake`, where bmake fails for want of it.
    ("rumpfs_zfs", "atomic.c"),
];

/// Whether a component can do without a source, if it is not there.
#[must_use]
pub fn is_superfluous(component: &str, source: &str) -> bool {
    SUPERFLUOUS.contains(&(component, source))
}
