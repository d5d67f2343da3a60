//! What every kind of file system tells about itself.

use std::ffi::{CStr, c_int};
use std::path::Path;
use std::sync::Arc;

use rumpuser_posix::Access;

use crate::ErrorKind;
use crate::gate::Gate;
use crate::syscall;

/// A file system that [`Kernel::mount`](crate::Kernel::mount) can mount: one of the types of this
/// module.
pub trait FileSystem: Describe {}

impl<T: Describe> FileSystem for T {}

/// The part of a file system that is its own; [`Mount`](super::Mount) does the rest.
pub trait Describe {
    /// NetBSD's name for it, as in mount(2).
    const NAME: &'static CStr;

    /// Flags of mount(2).
    fn flags(&self) -> c_int;

    /// The host's image or disk that it lies on.
    fn image(&self) -> Option<&Path> {
        None
    }

    /// Builds the argument structure and mounts with it.
    fn mount(&self, call: &MountCall<'_>) -> Result<(), ErrorKind>;
}

/// A call of mount(2) that lacks only the argument structure.
#[derive(Debug)]
pub struct MountCall<'a> {
    pub(super) gate: &'a Arc<Gate>,
    pub(super) kind: &'static CStr,
    pub(super) path: &'a CStr,
    pub(super) flags: c_int,
    pub(super) device: Option<&'a CStr>,
}

impl MountCall<'_> {
    /// The device node of the image; lives as long as the call.
    pub fn device(&self) -> Option<&CStr> {
        self.device
    }

    /// Mounts with an argument structure.
    ///
    /// # Errors
    ///
    /// Those of mount(2).
    ///
    /// # Safety
    ///
    /// `arguments` is the argument structure of this kind of file system, and the pointers in it
    /// are valid for the call.
    pub unsafe fn with<T>(&self, arguments: &mut T) -> Result<(), ErrorKind> {
        let Self {
            gate,
            kind,
            path,
            flags,
            ..
        } = *self;
        let start = (&raw mut *arguments).cast();
        // SAFETY: passed on to the caller; `start` has the size of a `T`.
        unsafe { syscall::mount::mount(gate, kind, path, flags, start, size_of::<T>()) }
    }

    /// Mounts a file system that takes no arguments.
    ///
    /// # Errors
    ///
    /// Those of mount(2).
    pub fn without_arguments(&self) -> Result<(), ErrorKind> {
        let Self {
            gate,
            kind,
            path,
            flags,
            ..
        } = *self;
        // SAFETY: null with length 0.
        unsafe { syscall::mount::mount(gate, kind, path, flags, std::ptr::null_mut(), 0) }
    }
}

/// Returns the access to the image that the mount flags ask for.
pub(super) fn access(flags: c_int) -> Access {
    if flags & rumpkernel_sys::MNT_RDONLY == 0 {
        Access::ReadWrite
    } else {
        Access::ReadOnly
    }
}
