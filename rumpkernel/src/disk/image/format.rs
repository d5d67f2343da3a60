//! The formats of images, and how they are told apart.

use std::fmt;
use std::io;

use super::container::Container;
use super::{qcow2, vhd, vhdx, vmdk};

/// How an image has a disk in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ImageFormat {
    /// It is the disk's bytes.
    Raw,
    /// QEMU's: versions 2 and 3, compressed clusters too; read and written.
    Qcow2,
    /// VMware's, in one file: sparse, read and written, or compressed for streams, read.
    Vmdk,
    /// Virtual PC's and Hyper-V's first: fixed or dynamic, read and written.
    Vhd,
    /// Hyper-V's: fixed or dynamic, read.
    Vhdx,
}

impl ImageFormat {
    /// The format that the image's magic numbers tell; what has none is raw.
    pub(super) fn of(container: &Container) -> io::Result<Self> {
        if container.length() < 512 {
            return Ok(Self::Raw);
        }
        let head: [u8; 8] = container.bytes(0)?;
        let foot: [u8; 8] = container.bytes(container.length() - 512)?;
        Ok(match head {
            _ if head.starts_with(qcow2::MAGIC) => Self::Qcow2,
            _ if head.starts_with(vmdk::MAGIC) => Self::Vmdk,
            _ if head == *vhdx::MAGIC => Self::Vhdx,
            _ if head == *vhd::COOKIE || foot == *vhd::COOKIE => Self::Vhd,
            _ => Self::Raw,
        })
    }
}

impl fmt::Display for ImageFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Raw => "raw",
            Self::Qcow2 => "qcow2",
            Self::Vmdk => "VMDK",
            Self::Vhd => "VHD",
            Self::Vhdx => "VHDX",
        })
    }
}
