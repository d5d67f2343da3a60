//! The new implementation of a log-structured file system, mount_nilfs(8).

use std::ffi::CStr;
use std::path::{Path, PathBuf};

use rumpkernel_sys as sys;

use super::text::Text;
use super::{Arguments, FileSystem, Writing};
use crate::ErrorKind;

/// NILFS 2 in a host image or disk. Read only.
///
/// Shown is the last checkpoint, or the snapshot that [`checkpoint`](Self::checkpoint) names. What
/// lies in the log behind the last super root is not rolled forward.
#[derive(Clone, Debug)]
#[must_use = "mounted by Kernel::mount"]
pub struct Nilfs {
    image: PathBuf,
    checkpoint: i64,
}

impl Nilfs {
    /// The file system in this image or disk of the host.
    pub fn image(path: impl AsRef<Path>) -> Self {
        Self {
            image: path.as_ref().to_owned(),
            checkpoint: 0,
        }
    }

    /// Shows the snapshot of this number, as `lscp` tells it, instead of the last checkpoint.
    pub fn checkpoint(mut self, number: u32) -> Self {
        self.checkpoint = number.into();
        self
    }
}

impl FileSystem for Nilfs {
    fn image(&self) -> Option<&Path> {
        Some(&self.image)
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
