//! Snapshots of file systems, fss(4).

use std::ffi::c_char;
use std::path::Path;
use std::sync::Arc;

use rumpkernel_sys as sys;

use super::unit::{Driver, Free};
use super::{BlockDevice as _, Unit};
use crate::backend::{Handle, Input};
use crate::disk::Access;
use crate::error::During as _;
use crate::path::{self, KernelPath};
use crate::syscall::{self, Descriptor};
use crate::{Error, ErrorKind, Kernel};

/// A snapshot of a mounted file system, fss(4): a read-only disk that stays as the file system's
/// was, so that a consistent backup can be made while the file system is in use.
///
/// What is overwritten meanwhile is first copied to a store, a file in another file system of the
/// kernel's, which needs room for it: when it is full, the snapshot gives I/O errors, and the file
/// system goes on. The store has no name any more once the snapshot is there, and goes with it.
///
/// The snapshot is mounted read-only, with
/// [`MountOptions::read_only`](crate::mount::MountOptions::read_only). FFS is made consistent before
/// the snapshot is taken; of other file systems that lie on a disk it is what a loss of power would
/// have left after a sync.
#[derive(Debug)]
#[must_use = "unconfigured when dropped"]
pub struct Fss {
    unit: Arc<Unit>,
}

static DRIVER: Driver = Driver {
    name: "fss",
    has_partitions: false,
    clear: |device: &Descriptor| device.ioctl_plain(sys::FSSIOCCLR),
};

impl Fss {
    /// Takes a snapshot of the file system that is mounted on `mount_point`. `store` is a new file
    /// in another file system.
    ///
    /// # Errors
    ///
    /// `EINVAL` when nothing is mounted on `mount_point`, or nothing that lies on a disk; `EEXIST`
    /// for a store that is there already; [`ErrorKind::BadConfiguration`] for one in the file
    /// system itself.
    pub fn snapshot(
        kernel: &Kernel,
        mount_point: impl AsRef<Path>,
        store: impl AsRef<Path>,
    ) -> Result<Self, Error> {
        let (mount_point, store) = (mount_point.as_ref(), store.as_ref());
        let taken = Self::try_new(kernel.handle(), mount_point, store);
        taken.during_at("snapshot", (mount_point, "to", store))
    }

    fn try_new(kernel: &Handle, mount_point: &Path, store: &Path) -> Result<Self, ErrorKind> {
        let (point, path) = (path::to_kernel(mount_point)?, path::to_kernel(store)?);
        let flags = sys::O_CREAT | sys::O_EXCL | sys::O_RDWR;
        let file = syscall::tree::open(kernel, &path, flags, 0o600)?;
        let taken = Self::check(kernel, &point, &file);
        let taken = taken.and_then(|()| Self::take(kernel, &point, &path));
        if taken.is_err() {
            // The error is told; the driver has unlinked the store, or has not.
            let _gone = syscall::tree::unlink(kernel, &path);
        }
        taken
    }

    /// With a store in the file system itself the driver would make a snapshot of another kind.
    fn check(kernel: &Handle, point: &KernelPath, store: &Descriptor) -> Result<(), ErrorKind> {
        if store.fstat()?.st_dev == syscall::tree::stat(kernel, point)?.st_dev {
            return Err(ErrorKind::BadConfiguration {
                reason: "the store lies in the file system of which a snapshot is to be taken"
                    .into(),
            });
        }
        Ok(())
    }

    fn take(kernel: &Handle, point: &KernelPath, store: &KernelPath) -> Result<Self, ErrorKind> {
        let access = Access::ReadOnly;
        let (unit, ()) = Free::configure(kernel, &DRIVER, access, Vec::new(), |device, _| {
            let (point, store) = (Input::string(point), Input::string(store));
            let argument = sys::fss_set {
                fss_mount: point.start::<c_char>().cast_mut(),
                fss_bstore: store.start::<c_char>().cast_mut(),
                fss_csize: 0,
                fss_flags: sys::FSS_UNLINK_ON_CREATE,
            };
            // SAFETY: this is what the command takes, and its pointers lead to C strings.
            unsafe { device.ioctl(sys::FSSIOCSET, argument, &[point, store]) }.map(drop)
        })?;
        Ok(Self {
            unit: Arc::new(unit),
        })
    }

    /// Returns how many bytes have been copied to the store, or are set aside in it.
    ///
    /// # Errors
    ///
    /// Those of ioctl(2); that the kernel has ended.
    pub fn stored(&self) -> Result<u64, Error> {
        self.try_stored().during_at("stored by", self.node())
    }

    fn try_stored(&self) -> Result<u64, ErrorKind> {
        // SAFETY: this is what the command takes.
        let found = unsafe {
            self.unit
                .open()?
                .ioctl(sys::FSSIOCGET, sys::fss_get::default(), &[])
        }?;
        let clusters = u64::try_from(found.fsg_bs_size).unwrap_or_default();
        let size = u64::try_from(found.fsg_csize).unwrap_or_default();
        Ok(clusters.saturating_mul(size))
    }
}

device!(
    Fss {},
    /// Ends the snapshot. The store goes.
);
