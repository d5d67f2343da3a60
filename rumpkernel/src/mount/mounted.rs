//! A mounted file system.

use std::ffi::{CStr, CString, c_int};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rumpkernel_sys as sys;
use rumpuser_posix::{Mark, SyncMark};

use super::below::Reach;
use super::explain::Survey;
use super::{Below, FileSystem, MountOptions};
use crate::backend::Handle;
use crate::detect::Detected;
use crate::disk::{Access, Disk};
use crate::error::During as _;
use crate::path::{self, KernelPath};
use crate::{Errno, Error, ErrorKind, syscall};

/// A mounted file system; unmounted when dropped.
///
/// Dropping unmounts by force if it has to: everything is written to the image first, but files
/// that are still open give errors from then on. (With another file system mounted on it or over
/// it, it stays until the kernel ends.) [`unmount`](Self::unmount) refuses instead, and tells of
/// errors; a drop prints on the kernel's console that the host failed to write to the image, and
/// [`Kernel::sync`](crate::Kernel::sync) and [`Kernel::shutdown`](crate::Kernel::shutdown) return
/// it.
#[must_use = "unmounted when dropped"]
pub struct Mount {
    kernel: Handle,
    path: PathBuf,
    /// The path again, such that unmount(2), which follows no symbolic link at the end, finds what
    /// mount(2) has found.
    root: CString,
    id: [i32; 2],
    device: Option<Box<Below>>,
    mounted: bool,
    /// What was on the disk when it was mounted.
    found: Option<Box<Detected>>,
    /// The failed writes of the disk below, if it has one.
    mark: Mark,
}

/// A file system that could not be unmounted, with the reason.
///
/// It reads as its reason does, in `{}`, `{:#}` and `{:?}`.
pub struct UnmountError {
    /// Why; `EBUSY` when files on it are open, or another file system is mounted on it;
    /// [`ErrorKind::Disk`] when something was not written to the image.
    pub error: Error,
    /// The file system, mounted as before, but see [`Mount::is_mounted`].
    pub mount: Mount,
}

impl fmt::Display for UnmountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

impl fmt::Debug for UnmountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.error, f)
    }
}

impl std::error::Error for UnmountError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

impl Mount {
    pub(crate) fn new(
        kernel: &Handle,
        file_system: &mut dyn FileSystem,
        path: &Path,
        options: MountOptions,
    ) -> Result<Self, Error> {
        let point = mount_point(kernel, path)?;
        if let Some(directory) = file_system.directory() {
            found_directory(kernel, directory, "mount")?;
        }
        let mark = kernel.mark();
        let name = file_system
            .medium()
            .map(|medium| medium.name().into_owned());
        let mut survey = Survey::default();
        let attached = Self::attach(kernel, file_system, &point, options, &mut survey);
        let attached = match &name {
            Some(name) => attached.during_at("mount", (&**name, "on", path)),
            None => attached.during_at("mount", path),
        };
        let device = attached.map_err(|error| survey.explain(error, file_system.writing()))?;
        let mut mount = Self {
            kernel: Arc::clone(kernel),
            path: path.to_owned(),
            root: inside(&point),
            id: [0; 2],
            device,
            mounted: true,
            found: survey.into_found(),
            mark,
        };
        mount.id = mount.what_is_there().during_at("mount", path)?;
        Ok(mount)
    }

    /// Gives the kernel the disk, if there is one, and mounts.
    fn attach(
        kernel: &Handle,
        file_system: &mut dyn FileSystem,
        point: &CStr,
        options: MountOptions,
        survey: &mut Survey,
    ) -> Result<Option<Box<Below>>, ErrorKind> {
        if options.has_log() && !file_system.has_log() {
            return Err(ErrorKind::BadParameter {
                reason: format!(
                    "a journal for {file_system:?}: of NetBSD's file systems FFS has one"
                ),
            });
        }
        let writing = file_system.writing();
        let (flags, device) = match file_system.medium() {
            Some(medium) => {
                let access = options.access(writing, medium.access())?;
                let look =
                    |disk: &dyn Disk| *survey = Survey::of(disk, access == Access::ReadWrite);
                let device = Box::new(medium.attach(kernel, access, look)?);
                (options.flags(access) | sys::MNT_NODEV, Some(device))
            }
            None => (
                options.flags(options.access(writing, Access::ReadWrite)?),
                None,
            ),
        };
        let mut arguments = file_system.arguments(device.as_deref().map(Below::node))?;
        survey.is_for(&arguments.kind().to_string_lossy());
        if survey.is_trap() {
            return Err(ErrorKind::Errno(Errno::INVAL));
        }
        syscall::mount::mount(kernel, point, flags, &mut arguments)?;
        Ok(device)
    }

    /// Returns the mount point, as passed to [`Kernel::mount`](crate::Kernel::mount).
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns what was on the disk when it was mounted, as far as that is [known](crate::detect).
    /// None for a file system that lies on no disk.
    pub fn detected(&self) -> Option<&Detected> {
        self.found.as_deref()
    }

    /// Returns whether the file system was clean when it was mounted; none if its format does not
    /// tell, or it lies on no disk. One that was not has to be checked before it is written, unless
    /// it has a log that mounting has replayed.
    pub fn was_clean(&self) -> Option<bool> {
        self.detected()?.was_clean()
    }

    /// Returns whether the file system is mounted; an [`unmount`](Self::unmount) that failed may
    /// have ended that.
    pub fn is_mounted(&self) -> bool {
        self.mounted
    }

    /// Unmounts, unmount(2): everything is written to the image and made durable on the host's
    /// disk, and the image is closed and free for others.
    ///
    /// # Errors
    ///
    /// [`UnmountError`], with the file system still mounted: `EBUSY` when files or directories on
    /// it are open, or when another file system is mounted over it or on it; an error of the kind
    /// [`ErrorKind::Disk`] when the host failed to write to the image or to make durable what was
    /// written since it was mounted, even if a file's sync has reported it: see
    /// [durability](crate#durability). It is reported once, so that the next call unmounts. When
    /// it was one of the unmount's own writes that failed, the file system is not mounted any
    /// more.
    pub fn unmount(mut self) -> Result<(), UnmountError> {
        match self.leave_durably().during_at("unmount", &*self.path) {
            Ok(()) => Ok(()),
            Err(error) => Err(UnmountError { error, mount: self }),
        }
    }

    fn leave_durably(&mut self) -> Result<(), ErrorKind> {
        if !self.mounted {
            return Ok(());
        }
        let mark = self.mark.clone();
        let sync = mark.begin();
        let result = self.try_leave_durably(&sync);
        self.mark = mark.clone();
        result
    }

    fn try_leave_durably(&mut self, sync: &SyncMark<'_>) -> Result<(), ErrorKind> {
        let kernel = Arc::clone(&self.kernel);
        let reach = self.device.as_deref().and_then(Below::reach);
        let failure = || kernel.flush(reach.as_ref()?.scope(), sync);
        // While it is mounted it can still be written.
        if reach.is_some() {
            syscall::tree::sync(&kernel)?;
            if let Some(failure) = failure() {
                return Err(failure.into());
            }
        }
        let left = self.leave(0);
        if reach.as_ref().is_some_and(Reach::may_be_cached) {
            syscall::tree::sync(&kernel)?;
        }
        failure().map_or(left, |failure| Err(failure.into()))
    }

    fn leave(&mut self, flags: c_int) -> Result<(), ErrorKind> {
        if self.what_is_there()? != self.id {
            return Err(ErrorKind::Errno(Errno::BUSY));
        }
        syscall::mount::unmount(&self.kernel, &self.root, flags)?;
        self.mounted = false;
        self.device = None;
        Ok(())
    }

    /// The identity of the file system that the path leads to: another one may have been mounted
    /// over this.
    fn what_is_there(&self) -> Result<[i32; 2], ErrorKind> {
        Ok(
            syscall::tree::statvfs(&self.kernel, &self.root, sys::ST_WAIT)?
                .f_fsidx
                .__fsid_val,
        )
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if !self.mounted {
            return;
        }
        match self.leave_durably() {
            Ok(()) => return,
            Err(kind) => self.report(&kind),
        }
        if self.mounted {
            // With MNT_FORCE the kernel does not sync first. That was done, but for what came
            // since.
            let _synced = syscall::tree::sync(&self.kernel);
            let _left = self.leave(sys::MNT_FORCE);
        }
        // If it is mounted yet, it is covered by another mount, or the kernel is dead. The disk
        // stays as long as the file system on it.
        if self.mounted
            && let Some(device) = self.device.take()
        {
            device.keep();
        }
    }
}

impl Mount {
    /// Prints on the kernel's console that data were lost, when nobody else is left to tell.
    fn report(&self, kind: &ErrorKind) {
        if let ErrorKind::Disk(_) = kind {
            let path = self.path.display();
            self.kernel
                .print(&format!("rumpkernel: unmount {path}: {kind}\n"));
        }
    }
}

impl fmt::Debug for Mount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mount")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl From<UnmountError> for Error {
    /// Keeps the reason and drops the [`Mount`], which unmounts by force.
    fn from(failed: UnmountError) -> Self {
        failed.error
    }
}

/// The path for the kernel, if there is a directory.
fn mount_point(kernel: &Handle, at: &Path) -> Result<KernelPath, Error> {
    found_directory(kernel, at, "mount on").map_err(|error| match error.errno() {
        Some(Errno::NOENT) => error.hint("create the directory first, with fs::create_dir"),
        _ => error,
    })
}

/// The path for the kernel, if there is a directory.
fn found_directory(
    kernel: &Handle,
    path: &Path,
    operation: &'static str,
) -> Result<KernelPath, Error> {
    let found = path::to_kernel(path).during_at(operation, path)?;
    let stat = syscall::tree::stat(kernel, &found).during_at(operation, path)?;
    if stat.st_mode & sys::S_IFMT as u32 != sys::S_IFDIR as u32 {
        return Err(ErrorKind::Errno(Errno::NOTDIR)).during_at(operation, path);
    }
    Ok(found)
}

/// `path/.`
fn inside(path: &CStr) -> CString {
    let mut bytes = path.to_bytes().to_vec();
    bytes.extend_from_slice(b"/.");
    CString::new(bytes).unwrap_or_else(|_| path.to_owned())
}
