//! What a file system lies on.

use std::borrow::Cow;
use std::fmt;
#[cfg(feature = "udf")]
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Below;
use super::disk::Device;
use crate::backend::Handle;
#[cfg(feature = "udf")]
use crate::disk::BlockSize;
use crate::disk::{Access, Disk, HostDisk};
use crate::stacked::{BlockDevice, Unit};
use crate::{Errno, ErrorKind};

/// The medium of a file system or a [stacked driver](crate::stacked): an image or disk of the host's,
/// which is opened when it is mounted, a disk that is a value, or a device that a driver of the
/// kernel has made of others.
pub struct Medium {
    inner: Inner,
    blocks: Blocks,
}

enum Inner {
    Image(PathBuf),
    Disk(Box<dyn Disk>),
    Unit(Arc<Unit>),
    /// It was given to a kernel.
    Given,
}

/// Where the block size that the kernel sees comes from.
#[derive(Clone, Copy)]
enum Blocks {
    /// It is the disk's own.
    OfDisk,
    /// In bytes.
    #[cfg(feature = "udf")]
    Fixed(u32),
    /// What the file system on it tells; otherwise the disk's own.
    #[cfg(feature = "udf")]
    Found(fn(&dyn Disk) -> io::Result<Option<u32>>),
}

impl Medium {
    fn new(inner: Inner) -> Self {
        let blocks = Blocks::OfDisk;
        Self { inner, blocks }
    }

    /// An image or disk of the host's: a file or block device that begins with the file system.
    pub fn image(path: impl AsRef<Path>) -> Self {
        Self::new(Inner::Image(path.as_ref().to_owned()))
    }

    /// A disk that begins with the file system.
    pub fn disk(disk: impl Disk + 'static) -> Self {
        Self::new(Inner::Disk(Box::new(disk)))
    }

    /// Gives the medium blocks of another size in bytes.
    #[cfg(feature = "udf")]
    pub(super) fn blocks_of(mut self, size: u32) -> Self {
        self.blocks = Blocks::Fixed(size);
        self
    }

    /// Gives the medium the block size that is found by looking at it.
    #[cfg(feature = "udf")]
    pub(super) fn blocks_found_by(
        mut self,
        find: fn(&dyn Disk) -> io::Result<Option<u32>>,
    ) -> Self {
        self.blocks = Blocks::Found(find);
        self
    }

    /// A block device of the kernel's own, such as a `Cgd`. It is in use, and
    /// stays what it is, as long as something lies on it.
    pub fn device(device: &impl BlockDevice) -> Self {
        Self::new(Inner::Unit(Arc::clone(device.unit())))
    }

    /// What errors call it.
    pub(crate) fn name(&self) -> Cow<'_, Path> {
        match &self.inner {
            Inner::Image(path) => path.into(),
            Inner::Disk(disk) => PathBuf::from(&*disk.name()).into(),
            Inner::Unit(unit) => PathBuf::from(&*unit.node().to_string_lossy()).into(),
            Inner::Given => Path::new("a disk that was mounted before").into(),
        }
    }

    /// What can be done with it, as far as that is known before it is opened.
    pub(crate) fn access(&self) -> Access {
        match &self.inner {
            Inner::Image(_) | Inner::Given => Access::ReadWrite,
            Inner::Disk(disk) => disk.access(),
            Inner::Unit(unit) => unit.access(),
        }
    }

    /// Gives the kernel the image, opened for this access, or the disk, which is looked at before.
    pub(crate) fn attach(
        &mut self,
        kernel: &Handle,
        access: Access,
        look: impl FnOnce(&dyn Disk),
    ) -> Result<Below, ErrorKind> {
        let refuse = |can: Access| match (access, can) {
            (Access::ReadWrite, Access::ReadOnly) => Err(ErrorKind::Errno(Errno::ROFS)),
            _ => Ok(()),
        };
        let disk: Box<dyn Disk> = match std::mem::replace(&mut self.inner, Inner::Given) {
            Inner::Image(path) => {
                let disk = HostDisk::open(&path, access);
                self.inner = Inner::Image(path);
                Box::new(disk?)
            }
            Inner::Disk(disk) => disk,
            Inner::Unit(unit) => {
                if !Arc::ptr_eq(unit.kernel(), kernel) {
                    return Err(ErrorKind::OtherKernel);
                }
                refuse(unit.access())?;
                return Ok(Below::Unit(unit));
            }
            Inner::Given => return Err(ErrorKind::ImageInUse),
        };
        refuse(disk.access())?;
        let disk = self.with_blocks(disk)?;
        look(&*disk);
        Device::attach(kernel, disk).map(Below::Disk)
    }

    fn with_blocks(&self, disk: Box<dyn Disk>) -> Result<Box<dyn Disk>, ErrorKind> {
        match self.blocks {
            Blocks::OfDisk => Ok(disk),
            #[cfg(feature = "udf")]
            Blocks::Fixed(size) => Ok(Box::new(BlockSize::new(disk, size))),
            #[cfg(feature = "udf")]
            Blocks::Found(find) => match find(&*disk).map_err(ErrorKind::Host)? {
                Some(size) => Ok(Box::new(BlockSize::new(disk, size))),
                None => Ok(disk),
            },
        }
    }
}

impl fmt::Debug for Medium {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Medium").field(&self.name()).finish()
    }
}
