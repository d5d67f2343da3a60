//! Files as disks, vnd(4).

use std::path::Path;
use std::sync::Arc;

use rumpkernel_sys as sys;

use super::Unit;
use super::unit::{Driver, Free};
use crate::backend::{Handle, Input};
use crate::disk::Access;
use crate::error::During as _;
use crate::syscall::Descriptor;
use crate::{Error, ErrorKind, Kernel, path};

/// A file in a file system of the kernel's as a disk, vnd(4): a disk image inside a disk image.
///
/// The file keeps its size; what does not fill a block of 512 bytes at its end is left out. The
/// file system that it lies on cannot be unmounted meanwhile.
#[derive(Debug)]
#[must_use = "unconfigured when dropped"]
pub struct Vnd {
    unit: Arc<Unit>,
}

static DRIVER: Driver = Driver {
    name: "vnd",
    has_partitions: true,
    clear,
};

fn clear(device: &Descriptor) -> Result<(), ErrorKind> {
    // SAFETY: the command takes a struct vnd_ioctl, of which it reads the flags.
    unsafe { device.ioctl(sys::VNDIOCCLR, sys::vnd_ioctl::default(), &[]) }.map(drop)
}

impl Vnd {
    /// Makes a disk of the file `path`.
    ///
    /// # Errors
    ///
    /// Those of open(2); `EOPNOTSUPP` for what is no regular file; [`ErrorKind::BadConfiguration`]
    /// for a file without a single block.
    pub fn configure(
        kernel: &Kernel,
        path: impl AsRef<Path>,
        access: Access,
    ) -> Result<Self, Error> {
        let path = path.as_ref();
        let configured = Self::try_new(kernel.handle(), path, access);
        configured.during_at("configure vnd on", path)
    }

    fn try_new(kernel: &Handle, path: &Path, access: Access) -> Result<Self, ErrorKind> {
        let path = path::to_kernel(path)?;
        // The driver divides by the size.
        if crate::syscall::tree::stat(kernel, &path)?.st_size < 512 {
            return Err(ErrorKind::BadConfiguration {
                reason: "the file has no block of 512 bytes; File::set_len() makes it larger"
                    .into(),
            });
        }
        let (unit, ()) = Free::configure(kernel, &DRIVER, access, Vec::new(), |device, _| {
            let file = Input::string(&path);
            let argument = sys::vnd_ioctl {
                vnd_file: file.start::<std::ffi::c_char>().cast_mut(),
                vnd_flags: match access {
                    Access::ReadOnly => sys::VNDIOF_READONLY,
                    Access::ReadWrite => 0,
                },
                ..Default::default()
            };
            // SAFETY: this is what the command takes, and its pointer leads to a C string.
            unsafe { device.ioctl(sys::VNDIOCSET, argument, &[file]) }.map(drop)
        })?;
        Ok(Self {
            unit: Arc::new(unit),
        })
    }
}

device!(
    Vnd {},
    /// Unconfigures the device and closes the file.
);
