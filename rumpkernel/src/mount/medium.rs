//! What a file system lies on.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Below;
use super::disk::Device;
use crate::backend::Handle;
use crate::disk::{Access, Disk, HostDisk};
use crate::stacked::{BlockDevice, Unit};
use crate::{Errno, ErrorKind};

/// What a file system or a [stacked driver](crate::stacked) lies on: an image or disk of the host's,
/// which is opened when it is mounted, a disk that is a value, or a device that a driver of the
/// kernel has made of others.
pub struct Medium(Inner);

enum Inner {
    Image(PathBuf),
    Disk(Box<dyn Disk>),
    Unit(Arc<Unit>),
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

    /// A block device of the kernel's own, such as a `Cgd`. It is in use, and
    /// stays what it is, as long as something lies on it.
    pub fn device(device: &impl BlockDevice) -> Self {
        Self(Inner::Unit(Arc::clone(device.unit())))
    }

    /// What errors call it.
    pub(crate) fn name(&self) -> Cow<'_, Path> {
        match &self.0 {
            Inner::Image(path) => path.into(),
            Inner::Disk(disk) => PathBuf::from(&*disk.name()).into(),
            Inner::Unit(unit) => PathBuf::from(&*unit.node().to_string_lossy()).into(),
            Inner::Given => Path::new("a disk that was mounted before").into(),
        }
    }

    /// What can be done with it, as far as that is known before it is opened.
    pub(crate) fn access(&self) -> Access {
        match &self.0 {
            Inner::Image(_) | Inner::Given => Access::ReadWrite,
            Inner::Disk(disk) => disk.access(),
            Inner::Unit(unit) => unit.access(),
        }
    }

    /// Gives the kernel the image, opened for this access, or the disk.
    pub(crate) fn attach(&mut self, kernel: &Handle, access: Access) -> Result<Below, ErrorKind> {
        let below = match std::mem::replace(&mut self.0, Inner::Given) {
            Inner::Image(path) => {
                let disk = HostDisk::open(&path, access);
                self.0 = Inner::Image(path);
                Below::Disk(Device::attach(kernel, Box::new(disk?))?)
            }
            Inner::Disk(disk)
                if access == Access::ReadWrite && disk.access() == Access::ReadOnly =>
            {
                return Err(ErrorKind::Errno(Errno::ROFS));
            }
            Inner::Disk(disk) => Below::Disk(Device::attach(kernel, disk)?),
            Inner::Unit(unit) => {
                if !Arc::ptr_eq(unit.kernel(), kernel) {
                    return Err(ErrorKind::OtherKernel);
                }
                Below::Unit(unit)
            }
            Inner::Given => return Err(ErrorKind::ImageInUse),
        };
        if access == Access::ReadWrite && below.access() == Access::ReadOnly {
            return Err(ErrorKind::Errno(Errno::ROFS));
        }
        Ok(below)
    }
}

impl fmt::Debug for Medium {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Medium").field(&self.name()).finish()
    }
}
