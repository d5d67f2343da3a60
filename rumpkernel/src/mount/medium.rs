//! What a file system lies on.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::ErrorKind;
use crate::disk::{Access, Disk, HostDisk};

/// What a file system lies on: an image or disk of the host's, which is opened when it is mounted,
/// or a disk that is a value.
pub struct Medium(Inner);

enum Inner {
    Image(PathBuf),
    Disk(Box<dyn Disk>),
    /// It was given to a kernel.
    Given,
}

impl Medium {
    /// An image or disk of the host's: a file or block device that begins with the file system.
    pub fn image(path: impl AsRef<Path>) -> Self {
        Self(Inner::Image(path.as_ref().to_owned()))
    }

    /// A disk that begins with the file system.
    pub fn disk(disk: impl Disk + 'static) -> Self {
        Self(Inner::Disk(Box::new(disk)))
    }

    /// What errors call it.
    pub(super) fn name(&self) -> Cow<'_, Path> {
        match &self.0 {
            Inner::Image(path) => path.into(),
            Inner::Disk(disk) => PathBuf::from(&*disk.name()).into(),
            Inner::Given => Path::new("a disk that was mounted before").into(),
        }
    }

    /// What can be done with it, as far as that is known before it is opened.
    pub(super) fn access(&self) -> Access {
        match &self.0 {
            Inner::Image(_) | Inner::Given => Access::ReadWrite,
            Inner::Disk(disk) => disk.access(),
        }
    }

    /// Opens an image, or gives the disk away.
    pub(super) fn open(&mut self, access: Access) -> Result<Box<dyn Disk>, ErrorKind> {
        match std::mem::replace(&mut self.0, Inner::Given) {
            Inner::Image(path) => {
                let disk = HostDisk::open(&path, access);
                self.0 = Inner::Image(path);
                Ok(Box::new(disk?))
            }
            Inner::Disk(disk) => Ok(disk),
            Inner::Given => Err(ErrorKind::ImageInUse),
        }
    }
}

impl fmt::Debug for Medium {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Medium").field(&self.name()).finish()
    }
}
