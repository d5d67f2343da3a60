//! The Berkeley fast file system, mount_ffs(8).

use std::ffi::{CStr, c_int};
use std::path::{Path, PathBuf};

use rumpkernel_sys as sys;

use super::file_system::{Describe, MountCall};
use crate::{Errno, ErrorKind};

/// The Berkeley fast file system (FFS, UFS) in a host image or disk: versions 1 and 2, in either
/// byte order.
///
/// The image is a raw file, or a block device of the host, that begins with the file system. A
/// writer has it alone, in this process and, by an advisory lock, among others; readers share it.
/// Device nodes in it are listed, but do not lead to the kernel's devices.
///
/// Mounting fails with `EINVAL` when there is no file system of this type in the image, with an
/// error of the kind [`ErrorKind::ImageInUse`] or [`ErrorKind::Host`] when the image cannot be
/// had, and, unless read-only, with an I/O error when it has been cut short.
///
/// # After a loss of power
///
/// A file that was synced is there, with its contents, if its folder was (see
/// [`Kernel::sync`](crate::Kernel::sync)). What was not synced is there, is not, or has zeros or
/// old contents in it. Without a log the file system is mounted as it is found; it has to be
/// repaired with NetBSD's fsck_ffs(8) before anything is written to it. With a [`log`](Self::log)
/// it is consistent once it is mounted.
#[derive(Debug, Clone)]
#[must_use = "mounted by Kernel::mount"]
pub struct Ffs {
    image: PathBuf,
    flags: c_int,
}

impl Ffs {
    /// The file system in this image or disk of the host.
    pub fn image(path: impl AsRef<Path>) -> Self {
        Self {
            image: path.as_ref().to_owned(),
            flags: sys::MNT_NODEV,
        }
    }

    /// Mounts it for reading only. The host file is opened for reading only, too.
    pub fn read_only(self) -> Self {
        self.with(sys::MNT_RDONLY)
    }

    /// Keeps a journal of metadata (WAPBL), so that a crash leaves a file system that is replayed
    /// at the next mount instead of one that has to be checked.
    ///
    /// When the host fails to write to the image, the journal may stop. From then on every change
    /// is `EIO`, and so is [`unmount`](super::Mount::unmount): dropping the [`Mount`](super::Mount)
    /// unmounts. The journal in the image has all that was synced before, and is replayed by the
    /// next mount.
    pub fn log(self) -> Self {
        self.with(sys::MNT_LOG)
    }

    /// Does not record when files were read.
    pub fn no_access_times(self) -> Self {
        self.with(sys::MNT_NOATIME)
    }

    /// Every change reaches the image before the call that makes it returns.
    pub fn synchronous(self) -> Self {
        self.with(sys::MNT_SYNCHRONOUS)
    }

    fn with(mut self, flag: c_int) -> Self {
        self.flags |= flag;
        self
    }
}

impl Describe for Ffs {
    const NAME: &'static CStr = c"ffs";

    fn flags(&self) -> c_int {
        self.flags
    }

    fn image(&self) -> Option<&Path> {
        Some(&self.image)
    }

    fn mount(&self, call: &MountCall<'_>) -> Result<(), ErrorKind> {
        let device = call.device().ok_or(ErrorKind::Errno(Errno::NXIO))?;
        let mut arguments = sys::ufs_args {
            fspec: device.as_ptr().cast_mut(),
        };
        // SAFETY: this is the structure that ffs takes, and its pointer leads to `device`.
        unsafe { call.with(&mut arguments, &[device]) }
    }
}
