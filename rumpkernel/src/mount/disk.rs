//! Host images and disks as block devices of the kernel.

use std::ffi::CStr;
use std::path::Path;
use std::sync::Arc;

use rumpuser_posix::{Access, Disk};

use crate::ErrorKind;
use crate::backend::{AttachedDisk, Handle};

/// A host disk as a block device of the kernel; taken away when dropped.
#[derive(Debug)]
pub(super) struct Device {
    kernel: Handle,
    attached: AttachedDisk,
    /// The kernel keeps it.
    kept: bool,
}

impl Device {
    /// Opens and locks `image`, and gives it to the kernel.
    pub(super) fn attach(kernel: &Handle, image: &Path, access: Access) -> Result<Self, ErrorKind> {
        Ok(Self {
            attached: kernel.attach_disk(image, access)?,
            kernel: Arc::clone(kernel),
            kept: false,
        })
    }

    /// The block device's node in the kernel.
    pub(super) fn node(&self) -> &CStr {
        &self.attached.node
    }

    /// The disk, unless the kernel has ended.
    pub(super) fn disk(&self) -> Option<Arc<Disk>> {
        self.kernel.disk(self.attached.number)
    }

    /// Leaves the disk to the kernel, until that ends.
    pub(super) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        if !self.kept && !self.kernel.is_of_parent() {
            self.kernel.detach_disk(self.attached.number);
        }
    }
}
