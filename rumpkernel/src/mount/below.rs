//! What a file system or a driver lies on, as a block device of the kernel.

use std::ffi::CStr;
use std::sync::Arc;

use rumpuser_posix::AttachedDisk;

use super::disk::Device;
use crate::backend::Scope;
use crate::stacked::Unit;

/// A block device of the kernel on which a file system or a driver lies. It stays one until this
/// is dropped.
#[derive(Debug)]
pub(crate) enum Below {
    /// A disk that was given to the kernel.
    Disk(Device),
    /// A device that a driver has made of others.
    Unit(Arc<Unit>),
}

/// The disks of the host's on which something lies in the end.
pub(super) enum Reach {
    One(Arc<AttachedDisk>),
    /// Any that the kernel has.
    Any,
}

impl Reach {
    pub(super) fn scope(&self) -> Scope<'_> {
        match self {
            Self::One(disk) => Scope::One(disk),
            Self::Any => Scope::All,
        }
    }

    /// Returns whether the last writes of an unmount may be cached by another file system.
    pub(super) fn may_be_cached(&self) -> bool {
        matches!(self, Self::Any)
    }
}

impl Below {
    /// The block device's node in the kernel.
    pub(crate) fn node(&self) -> &CStr {
        match self {
            Self::Disk(device) => device.node(),
            Self::Unit(unit) => unit.node(),
        }
    }

    /// The disks on which it lies, unless the kernel has ended.
    pub(super) fn reach(&self) -> Option<Reach> {
        match self {
            Self::Disk(device) => device.disk().map(Reach::One),
            Self::Unit(_) => Some(Reach::Any),
        }
    }

    /// Leaves it to the kernel, until that ends.
    pub(crate) fn keep(self) {
        match self {
            Self::Disk(device) => device.keep(),
            Self::Unit(unit) => std::mem::forget(unit),
        }
    }
}
