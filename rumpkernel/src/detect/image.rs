//! Images of the host's.

use std::path::{Path, PathBuf};

use rumpuser_posix::{Access, HostDisk};

use super::Detection;
use crate::error::During as _;
use crate::{Error, ErrorKind};

/// A file or disk device of the host's, open for reading. While it is open, no kernel can write it.
#[derive(Debug)]
pub struct Image {
    disk: HostDisk,
    path: PathBuf,
}

impl Image {
    /// Opens a file or device.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Host`] when it cannot be opened, [`ErrorKind::ImageInUse`] when somebody has it
    /// open for writing, and `ENOTBLK` when it is neither a file nor a disk.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref().to_owned();
        let disk = HostDisk::open(&path, Access::ReadOnly);
        let disk = disk.map_err(ErrorKind::from).during_at("open", &*path)?;
        Ok(Self { disk, path })
    }

    /// The path that it was opened with.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns what lies in it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Host`] when it could not be read and nothing was found in what could.
    pub fn detect(&self) -> Result<Detection, Error> {
        let found = super::look(&self.disk).map_err(ErrorKind::Host);
        found.during_at("detect", &*self.path)
    }
}
