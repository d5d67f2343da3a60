//! Files that are neither data nor directories: FIFOs and devices.

use std::path::Path;

use rumpkernel_sys as sys;

use crate::error::During as _;
use crate::{Error, Kernel, path, syscall};

/// A device's node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Device {
    /// A block device of this number, as [`Metadata::rdev`](super::Metadata::rdev) tells.
    Block(u64),
    /// A character device of this number.
    Char(u64),
}

impl Device {
    /// The number that the kernel has for a device, from those of its driver and of the unit,
    /// `makedev()`: the driver's 12 bits, the unit's 20.
    pub fn number(major: u32, minor: u32) -> u64 {
        let number = ((major << 8) & 0x000f_ff00) | ((minor << 12) & 0xfff0_0000) | (minor & 0xff);
        number.into()
    }
}

/// Makes a FIFO with the permissions `mode` less the umask, mkfifo(2). Opening it takes the feature
/// `fifo`.
///
/// # Errors
///
/// `EOPNOTSUPP` or `EINVAL` where the file system has none; others of mkfifo(2).
pub fn mkfifo(kernel: &Kernel, path: impl AsRef<Path>, mode: u32) -> Result<(), Error> {
    let at = path.as_ref();
    path::to_kernel(at)
        .and_then(|name| syscall::tree::mkfifo(kernel.handle(), &name, mode & 0o7777))
        .during_at("mkfifo", at)
}

/// Makes the node of a device with the permissions `mode` less the umask, mknod(2). In the kernel's
/// root and on tmpfs it leads to the device; in file systems on disks nodes never do.
///
/// # Errors
///
/// Those of mknod(2).
pub fn mknod(
    kernel: &Kernel,
    path: impl AsRef<Path>,
    device: Device,
    mode: u32,
) -> Result<(), Error> {
    let at = path.as_ref();
    let (kind, number) = match device {
        Device::Block(number) => (sys::S_IFBLK, number),
        Device::Char(number) => (sys::S_IFCHR, number),
    };
    let mode = mode & 0o7777 | kind as u32;
    path::to_kernel(at)
        .and_then(|name| syscall::tree::mknod(kernel.handle(), &name, mode, number))
        .during_at("mknod", at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_makedev() {
        assert_eq!(Device::number(2, 12), 0x20c);
        assert_eq!(Device::number(0xfff, 0xf_ffff), 0xffff_ffff);
        assert_eq!(Device::number(0, 0x100), 0x0010_0000);
    }
}
