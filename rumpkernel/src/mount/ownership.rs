//! Owners and permissions where a format has none.

/// Whom the files of a file system belong to, and what may be done with them, where the format
/// does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Ownership {
    pub(super) user: u32,
    pub(super) group: u32,
    /// The permissions that files have at most.
    pub(super) files: u32,
    /// The permissions that directories have at most.
    pub(super) directories: u32,
}

impl Default for Ownership {
    fn default() -> Self {
        Self {
            user: 0,
            group: 0,
            files: 0o755,
            directories: 0o755,
        }
    }
}
