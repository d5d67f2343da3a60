//! A recording of all that a kernel writes to its disks, for tests of what survives a loss of
//! power.

use std::sync::Arc;

use parking_lot::Mutex;

/// A write or a flush of a disk that the host has made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DiskEvent {
    /// Data were written, to the host's cache.
    Write {
        /// Which disk, counted from 0 as they were attached.
        disk: u64,
        /// Where, in bytes from the beginning of the image.
        offset: u64,
        /// What.
        data: Vec<u8>,
    },
    /// What was written to a disk was made durable.
    Flush {
        /// Which disk.
        disk: u64,
        /// The writes among so many events from the beginning are durable; later ones may not be,
        /// for they came while the flush was being made.
        covers: usize,
    },
}

/// The writes and flushes of a kernel's disks, in the order in which they were finished. Clones are
/// the same recording. Ask for one with [`World::recording`](crate::World::recording).
#[derive(Clone, Debug, Default)]
pub struct Recording(Arc<Mutex<Vec<DiskEvent>>>);

impl Recording {
    /// An empty recording.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns how many events there are by now. What the kernel has called durable by now is so by
    /// these events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.lock().len()
    }

    /// Returns whether nothing has happened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns a copy of the events.
    #[must_use]
    pub fn events(&self) -> Vec<DiskEvent> {
        self.0.lock().clone()
    }

    pub(crate) fn wrote(&self, disk: u64, offset: u64, data: &[u8]) {
        let data = data.to_vec();
        self.0.lock().push(DiskEvent::Write { disk, offset, data });
    }

    pub(crate) fn flushed(&self, disk: u64, covers: usize) {
        self.0.lock().push(DiskEvent::Flush { disk, covers });
    }
}
