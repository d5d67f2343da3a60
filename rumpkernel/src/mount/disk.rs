//! Disks as block devices of the kernel.

use std::ffi::CStr;
use std::sync::Arc;

use rumpuser_posix::AttachedDisk;

use crate::ErrorKind;
use crate::backend::{BlockDevice, Handle};
use crate::disk::Disk;

/// A disk as a block device of the kernel; taken away when dropped.
#[derive(Debug)]
pub(crate) struct Device {
    kernel: Handle,
    device: BlockDevice,
    /// The kernel keeps it.
    kept: bool,
}

impl Device {
    /// Gives a disk to the kernel.
    pub(super) fn attach(kernel: &Handle, disk: Box<dyn Disk>) -> Result<Self, ErrorKind> {
        Ok(Self {
            device: kernel.attach_disk(disk)?,
            kernel: Arc::clone(kernel),
            kept: false,
        })
    }

    /// The block device's node in the kernel.
    pub(super) fn node(&self) -> &CStr {
        &self.device.node
    }

    /// The disk, unless the kernel has ended.
    pub(super) fn disk(&self) -> Option<Arc<AttachedDisk>> {
        self.kernel.disk(self.device.number)
    }

    /// Leaves the disk to the kernel, until that ends.
    pub(super) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        if !self.kept && !self.kernel.is_of_parent() {
            self.kernel.detach_disk(self.device.number);
        }
    }
}
