//! Without the feature `instances` no kernel is loaded.

/// The memory of a loaded kernel, of which there is none.
#[derive(Debug)]
pub(crate) enum Mapping {}

impl Mapping {
    /// Never called.
    ///
    /// # Safety
    ///
    /// Nothing is asked of callers.
    pub(super) unsafe fn unmap(&self) {
        match *self {}
    }
}
