//! What every kind of file system tells about itself.

use std::ffi::{CStr, c_int};
use std::path::Path;

use rumpuser_posix::Access;

use crate::ErrorKind;
use crate::backend::{Handle, Input, Output};
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
    pub(super) kernel: &'a Handle,
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

    /// Mounts with an argument structure, whose pointers lead to `strings`.
    ///
    /// # Errors
    ///
    /// Those of mount(2).
    ///
    /// # Safety
    ///
    /// `arguments` is the argument structure of this kind of file system, and each pointer in it is
    /// null or leads to one of `strings`.
    pub unsafe fn with<T>(&self, arguments: &mut T, strings: &[&CStr]) -> Result<(), ErrorKind> {
        let strings: Vec<_> = strings.iter().map(|text| Input::string(text)).collect();
        // SAFETY: passed on to the caller.
        unsafe { self.mount(Some(Output::new(arguments)), &strings) }
    }

    /// Mounts a file system that takes no arguments.
    ///
    /// # Errors
    ///
    /// Those of mount(2).
    pub fn without_arguments(&self) -> Result<(), ErrorKind> {
        // SAFETY: there are no arguments, and so no pointers in them.
        unsafe { self.mount(None, &[]) }
    }

    /// # Safety
    ///
    /// As for [`syscall::mount::mount`].
    unsafe fn mount(
        &self,
        arguments: Option<Output<'_>>,
        strings: &[Input<'_>],
    ) -> Result<(), ErrorKind> {
        let Self {
            kernel,
            kind,
            path,
            flags,
            ..
        } = *self;
        // SAFETY: passed on to the caller.
        unsafe { syscall::mount::mount(kernel, kind, path, flags, arguments, strings) }
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
