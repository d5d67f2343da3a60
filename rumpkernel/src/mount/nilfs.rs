//! The new implementation of a log-structured file system, mount_nilfs(8).

use std::ffi::CStr;

use rumpkernel_sys as sys;

use super::text::Text;
use super::{Arguments, FileSystem, Medium, Writing};
use crate::ErrorKind;

/// NILFS 2 in a host image or disk. Read only.
///
/// Shown is the last checkpoint, or the snapshot that [`checkpoint`](Self::checkpoint) names. What
/// lies in the log behind the last super root is not rolled forward.
#[derive(Debug)]
#[must_use = "mounted by Kernel::mount"]
pub struct Nilfs {
    medium: Medium,
    checkpoint: i64,
}

on_medium!(Nilfs);

impl Nilfs {
    fn new(medium: Medium) -> Self {
        Self {
            medium,
            checkpoint: 0,
        }
    }

    /// Shows the snapshot of this number, as `lscp` tells it, instead of the last checkpoint. A
    /// number beyond the last is the last.
    pub fn checkpoint(mut self, number: u32) -> Self {
        self.checkpoint = number.into();
        self
    }
}

impl FileSystem for Nilfs {
    fn medium(&mut self) -> Option<&mut Medium> {
        Some(&mut self.medium)
    }

    fn writing(&self) -> Writing {
        Writing::Never
    }

    fn arguments(&self, device: Option<&CStr>) -> Result<Arguments, ErrorKind> {
        let mut device = Text::of_device(device)?;
        let structure = sys::nilfs_args {
            version: sys::NILFSMNT_VERSION as u32,
            fspec: device.start(),
            cpno: self.checkpoint,
            ..Default::default()
        };
        // SAFETY: this is the driver's structure, and its pointer leads to the node's name.
        Ok(unsafe { Arguments::new(c"nilfs", structure, vec![device.into_memory()]) })
    }
}
