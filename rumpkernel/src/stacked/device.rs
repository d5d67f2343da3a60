//! The trait and methods of all stacked devices.

use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use super::Unit;
use crate::error::During as _;
use crate::{Error, ErrorKind};

/// A block device that a driver of the kernel has made of others. The types of this module
/// implement it, and nothing else does.
///
/// [`Medium::device`](crate::mount::Medium::device) makes it what file systems and other drivers lie
/// on.
pub trait BlockDevice: fmt::Debug + sealed::HasUnit {
    /// The node of the block device in the kernel, such as `/dev/cgd0d`.
    fn node(&self) -> &Path {
        Path::new(OsStr::from_bytes(self.unit().node().to_bytes()))
    }

    /// Returns the size in bytes.
    ///
    /// # Errors
    ///
    /// Those of ioctl(2); that the kernel has ended.
    fn size(&self) -> Result<u64, Error> {
        self.unit().size().during_at("size of", self.node())
    }
}

pub(crate) mod sealed {
    use super::{Arc, Unit};

    /// Has a unit of a driver.
    pub trait HasUnit {
        #[doc(hidden)]
        fn unit(&self) -> &Arc<Unit>;
    }
}

/// A device that could not be unconfigured, with the reason.
pub struct UnconfigureError<D> {
    /// Why; `EBUSY` when a file system is mounted on it, or another device lies on it.
    pub error: Error,
    /// The device, configured as before.
    pub device: D,
}

impl<D: BlockDevice> UnconfigureError<D> {
    pub(super) fn new(
        (kind, unit): (ErrorKind, Arc<Unit>),
        device: impl FnOnce(Arc<Unit>) -> D,
    ) -> Self {
        let device = device(unit);
        Self {
            error: kind.about("unconfigure", device.node().into()),
            device,
        }
    }
}

impl<D> fmt::Display for UnconfigureError<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

impl<D> fmt::Debug for UnconfigureError<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.error, f)
    }
}

impl<D> std::error::Error for UnconfigureError<D> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

impl<D> From<UnconfigureError<D>> for Error {
    /// Keeps the reason and drops the device, which is unconfigured when nothing lies on it any
    /// more.
    fn from(failed: UnconfigureError<D>) -> Self {
        failed.error
    }
}

/// Makes a type with a `unit` a device, which can be unconfigured. The documentation says what that
/// means.
macro_rules! device {
    ($name:ident { $($field:ident),* }, $(#[$documentation:meta])*) => {
        impl $name {
            $(#[$documentation])*
            ///
            /// # Errors
            ///
            /// [`UnconfigureError`](crate::stacked::UnconfigureError), with the device: `EBUSY` when
            /// a file system is mounted on it, another device lies on it, or its driver is at work.
            pub fn unconfigure(self) -> Result<(), $crate::stacked::UnconfigureError<Self>> {
                let Self { unit, $($field),* } = self;
                $crate::stacked::Unit::unconfigure(unit).map_err(|failed| {
                    $crate::stacked::UnconfigureError::new(failed, |unit| Self { unit, $($field),* })
                })
            }
        }

        device!($name);
    };
    ($name:ident) => {
        impl $crate::stacked::device::sealed::HasUnit for $name {
            fn unit(&self) -> &std::sync::Arc<$crate::stacked::Unit> {
                &self.unit
            }
        }

        impl $crate::stacked::BlockDevice for $name {}
    };
}
