//! Memory disks, md(4).

use std::sync::Arc;

use rumpkernel_sys as sys;

use super::Unit;
use super::unit::{Driver, Free};
use crate::disk::Access;
use crate::error::During as _;
use crate::syscall::Descriptor;
use crate::{Errno, Error, ErrorKind, Kernel};

/// The kernel's pages are no larger than that on any machine, in bytes.
const PAGE: usize = 8192;

/// A disk in the kernel's memory, md(4), at first zeros.
///
/// The driver cannot give the memory back: the disk stays, out of reach, until the kernel ends.
/// [`MemoryDisk`](crate::disk::MemoryDisk) is memory of the program's that goes when it is dropped,
/// and which it can look at.
#[derive(Debug)]
pub struct Md {
    unit: Arc<Unit>,
}

static DRIVER: Driver = Driver {
    name: "md",
    has_partitions: true,
    clear: |_: &Descriptor| Err(ErrorKind::Errno(Errno::BUSY)),
};

impl Md {
    /// Makes a disk of so many bytes.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadConfiguration`] for a size that is no multiple of 8192, or zero; `ENOMEM`.
    pub fn new(kernel: &Kernel, size: usize) -> Result<Self, Error> {
        Self::try_new(kernel, size).during("configure md")
    }

    fn try_new(kernel: &Kernel, size: usize) -> Result<Self, ErrorKind> {
        if size == 0 || !size.is_multiple_of(PAGE) {
            return Err(ErrorKind::BadConfiguration {
                reason: format!("a multiple of {PAGE} bytes was expected, not {size}"),
            });
        }
        let (kernel, access) = (kernel.handle(), Access::ReadWrite);
        let (unit, ()) = Free::configure(kernel, &DRIVER, access, Vec::new(), |device, _| {
            let argument = sys::md_conf {
                md_size: size,
                md_type: sys::MD_KMEM_ALLOCATED,
                ..Default::default()
            };
            // SAFETY: this is what the command takes, and for this type it does not use the pointer.
            unsafe { device.ioctl(sys::MD_SETCONF, argument, &[]) }.map(drop)
        })?;
        Ok(Self {
            unit: Arc::new(unit),
        })
    }
}

device!(Md);
