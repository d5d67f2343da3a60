//! The disks of a kernel: attaching them, and what becomes of writes and flushes.
//!
//! All writes and flushes of attached disks pass through here, where failures are remembered and,
//! if somebody wants to know, both are recorded.

use std::ffi::c_int;
use std::io;
use std::os::fd::AsRawFd;
use std::sync::atomic::Ordering;

use super::Instance;
use crate::state::disk::{AttachedDisk, Disk, Image};
use crate::state::failure::{DiskFailure, DiskOperation, Mark, SyncMark, Whose};
use crate::state::fault::Fault;
use crate::state::io as files;

impl Instance {
    /// Gives this kernel a disk. What lies beyond its end, as it is now, is an I/O error to the
    /// kernel, in both directions.
    ///
    /// # Errors
    ///
    /// What the host says to its [file](Disk::host_file). `InvalidInput` for a
    /// [block size](Disk::block_size) that no disk can have. `EIO` if the disk panics.
    pub fn attach_disk(&self, disk: Box<dyn Disk>) -> io::Result<AttachedDisk> {
        self.disks.attach(self.id, disk)
    }

    /// Takes note of how a write to a disk ended.
    pub(crate) fn written(&self, image: &Image, result: Result<(), c_int>) -> Result<(), c_int> {
        // A write that failed may have been made in part.
        image.written.fetch_add(1, Ordering::Release);
        self.remember(image, DiskOperation::Write, result)
    }

    /// Makes durable what was written to a disk, if there is anything. A flush that fails is made
    /// again by the next call.
    pub(crate) fn flush(&self, image: &Image) -> Result<(), c_int> {
        let mut flushed = image.flushed.lock();
        let written = image.written.load(Ordering::Acquire);
        if *flushed == written {
            return Ok(());
        }
        let begun = self.recording.as_ref().map(|recording| recording.len());
        let result = if self.faults().strikes(Fault::Sync) {
            Err(libc::EIO)
        } else {
            match &image.host {
                Some(host) => files::sync_data(&self.parked, host.file.as_raw_fd()),
                None => image.ask(|disk| disk.flush()),
            }
        };
        if result.is_ok() {
            *flushed = written;
            if let Some((recording, begun)) = self.recording.as_ref().zip(begun) {
                recording.flushed(image.number, begun);
            }
        }
        self.remember(image, DiskOperation::Flush, result)
    }

    fn remember(
        &self,
        image: &Image,
        operation: DiskOperation,
        result: Result<(), c_int>,
    ) -> Result<(), c_int> {
        if let Err(error) = result {
            self.disks
                .failures
                .add(image.number, &image.path, operation, error);
        }
        result
    }

    /// Makes durable on the host what the kernel has written to one of its disks, or to all of
    /// them. How that went is told by [`news`](Self::news).
    pub fn flush_disks(&self, disk: Option<&AttachedDisk>) {
        for image in self.disks.images() {
            if disk.is_none_or(|disk| disk.number() == image.number) {
                // Remembered, as all failures are.
                let _ = self.flush(&image);
            }
        }
    }

    /// Returns a mark of one who knows of all failed writes and flushes of disks up to now.
    #[must_use]
    pub fn mark(&self) -> Mark {
        Mark::now(&self.disks.failures)
    }

    /// Returns the first failed write or flush, of one disk or of any that the kernel has had, that
    /// the observer has not been told of.
    pub fn news(&self, sync: &SyncMark<'_>, disk: Option<&AttachedDisk>) -> Option<DiskFailure> {
        let whose = disk.map_or(Whose::All, |disk| Whose::One(disk.number()));
        sync.news(&self.disks.failures, whose)
    }
}
