//! Disks in the image formats of virtual machines.

mod below;
mod block_on;
mod blocks;
mod container;
mod format;
mod qcow2;
mod vhd;
mod vhdx;
mod vmdk;

use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::{Access, Disk, DiskError, HostDisk};
use blocks::InBlocks;
use container::{Container, invalid};
pub use format::ImageFormat;
use qcow2::Qcow2;
use vhd::Vhd;
use vhdx::Vhdx;
use vmdk::Vmdk;

/// A disk in an image of a virtual machine: qcow2, VMDK, VHD, VHDX or raw.
///
/// The file is locked as that of a [`HostDisk`] is. What is written is durable after a
/// [flush](Disk::flush), as on any disk.
///
/// An image can hold only the changes to another one, which it names. That name is never followed,
/// because an image of unknown origin could name any file of the host's. [`named`](Self::named)
/// tells it, and [`open_over`](Self::open_over) takes the other disk, which the program opens if it
/// trusts the name.
///
/// ```no_run
/// # #[cfg(feature = "ext2fs")]
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use rumpkernel::disk::{Access, DiskImage};
/// use rumpkernel::{Kernel, mount::Ext2};
///
/// let disk = DiskImage::open("machine.qcow2", Access::ReadOnly)?;
/// let kernel = Kernel::boot()?;
/// let mount = kernel.mount(Ext2::on(disk), "/")?;
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "ext2fs"))]
/// # fn main() {}
/// ```
#[derive(Debug)]
pub struct DiskImage {
    disk: Box<dyn Disk>,
    format: ImageFormat,
}

/// Why an image cannot be opened.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// Its file cannot.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The image is damaged, or has something that cannot be read, or not written.
    #[error("cannot open {} as an image of the format {format}", path.display())]
    Image {
        /// The image.
        path: PathBuf,
        /// The format that it was read as.
        format: ImageFormat,
        /// What was expected, and what was found.
        #[source]
        source: io::Error,
    },
    /// The image holds only the changes to another one.
    #[error(
        "{} holds the changes to {other:?}, which is not opened: if you trust the name, open that and pass it to \
         DiskImage::open_over",
        path.display()
    )]
    NamesOther {
        /// The image.
        path: PathBuf,
        /// The name of the other one, as it stands in the image: relative to the image, say.
        other: String,
    },
}

impl fmt::Debug for ImageError {
    /// As it is displayed, for programs whose `main` returns it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl DiskImage {
    /// Opens an image, whose format its magic numbers tell; what has none is raw.
    ///
    /// Whoever can write to a raw disk can make it look like any other format: if a disk is raw,
    /// open it [as that](Self::open_as).
    ///
    /// # Errors
    ///
    /// [`ImageError`].
    pub fn open(path: impl AsRef<Path>, access: Access) -> Result<Self, ImageError> {
        Self::opened(path.as_ref(), access, None, None)
    }

    /// Opens an image of a format that is known.
    ///
    /// # Errors
    ///
    /// [`ImageError`].
    pub fn open_as(
        path: impl AsRef<Path>,
        format: ImageFormat,
        access: Access,
    ) -> Result<Self, ImageError> {
        Self::opened(path.as_ref(), access, Some(format), None)
    }

    /// Opens a qcow2 image that holds the changes to another disk, which is only read.
    ///
    /// # Errors
    ///
    /// [`ImageError`]; an image that holds no changes is one, too.
    pub fn open_over(
        path: impl AsRef<Path>,
        below: impl Disk + 'static,
        access: Access,
    ) -> Result<Self, ImageError> {
        let format = Some(ImageFormat::Qcow2);
        Self::opened(path.as_ref(), access, format, Some(Box::new(below)))
    }

    /// Returns the name of the image that a qcow2 image holds the changes to, as it stands in it.
    ///
    /// # Errors
    ///
    /// [`ImageError`].
    pub fn named(path: impl AsRef<Path>) -> Result<Option<String>, ImageError> {
        let path = path.as_ref();
        let container = Container::new(HostDisk::open(path, Access::ReadOnly)?);
        let name = || match ImageFormat::of(&container)? {
            ImageFormat::Qcow2 => qcow2::named(&container),
            _ => Ok(None),
        };
        name().map_err(|source| ImageError::Image {
            path: path.to_owned(),
            format: ImageFormat::Qcow2,
            source,
        })
    }

    fn opened(
        path: &Path,
        access: Access,
        format: Option<ImageFormat>,
        below: Option<Box<dyn Disk>>,
    ) -> Result<Self, ImageError> {
        let container = Container::new(HostDisk::open(path, access)?);
        let failed = |format| {
            move |source| ImageError::Image {
                path: path.to_owned(),
                format,
                source,
            }
        };
        let format = match format {
            Some(format) => format,
            None => ImageFormat::of(&container).map_err(failed(ImageFormat::Raw))?,
        };
        if format == ImageFormat::Qcow2 {
            let other = qcow2::named(&container).map_err(failed(format))?;
            match (other, &below) {
                (Some(other), None) => {
                    let path = path.to_owned();
                    return Err(ImageError::NamesOther { path, other });
                }
                (None, Some(_)) => {
                    let error = invalid("it holds all of a disk: no changes to another one");
                    return Err(failed(format)(error));
                }
                _ => {}
            }
        }
        let disk = disk_in(container, format, below).map_err(failed(format))?;
        Ok(Self { disk, format })
    }

    /// The image's format.
    pub fn format(&self) -> ImageFormat {
        self.format
    }
}

fn disk_in(
    container: Container,
    format: ImageFormat,
    below: Option<Box<dyn Disk>>,
) -> io::Result<Box<dyn Disk>> {
    Ok(match format {
        ImageFormat::Raw => Box::new(container.into_disk()),
        ImageFormat::Qcow2 => Box::new(Qcow2::open(container, below)?),
        ImageFormat::Vmdk => Box::new(InBlocks(Vmdk::open(container)?)),
        ImageFormat::Vhd => Box::new(InBlocks(Vhd::open(container)?)),
        ImageFormat::Vhdx => Box::new(InBlocks(Vhdx::open(container)?)),
    })
}

impl Disk for DiskImage {
    fn size(&self) -> u64 {
        self.disk.size()
    }

    fn block_size(&self) -> u32 {
        self.disk.block_size()
    }

    fn access(&self) -> Access {
        self.disk.access()
    }

    fn read(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.disk.read(buffer, offset)
    }

    fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.disk.write(bytes, offset)
    }

    fn flush(&self) -> io::Result<()> {
        self.disk.flush()
    }

    fn discard(&self, offset: u64, length: u64) -> io::Result<()> {
        self.disk.discard(offset, length)
    }

    fn name(&self) -> Cow<'_, str> {
        self.disk.name()
    }

    fn host_file(&self) -> Option<(&File, u64)> {
        self.disk.host_file()
    }
}
