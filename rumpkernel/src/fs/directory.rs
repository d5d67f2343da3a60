//! Open directories, and what is done below them, openat(2) and its kin.

use std::ffi::{OsString, c_int};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rumpkernel_sys as sys;

use super::tree::LONGEST_LINK;
use super::{File, FileTimes, Metadata, OpenOptions, Permissions, ReadDir};
use crate::error::During as _;
use crate::path::{self, KernelPath};
use crate::{Errno, Error, ErrorKind, Kernel};

/// An open directory, like the `std::fs::Dir` that is to come.
///
/// Its methods are those functions of [`fs`](super) that have the same name, with relative paths
/// that begin at this directory: wherever it is moved to meanwhile, and whatever comes to have its
/// old path. With names of one component, and without following the last one, nobody can lead a
/// program elsewhere by replacing directories with links; [`open_dir`](Self::open_dir) does not
/// follow. Absolute paths are what they are everywhere.
///
/// A clone is the same open directory. It is closed with the last clone and the last
/// [`DirEntry`](super::DirEntry) that came out of it, and a file system cannot be unmounted
/// before.
#[derive(Debug, Clone)]
pub struct Dir {
    file: Arc<File>,
}

impl Dir {
    /// Opens the directory at `path`, following symbolic links.
    ///
    /// # Errors
    ///
    /// `ENOTDIR`, and others of open(2).
    pub fn open(kernel: &Kernel, path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::open_with(kernel, path.as_ref(), 0)
    }

    /// Opens the directory at `path`, if that is no symbolic link.
    pub(super) fn open_real(kernel: &Kernel, path: &Path) -> Result<Self, Error> {
        Self::open_with(kernel, path, sys::O_NOFOLLOW)
    }

    fn open_with(kernel: &Kernel, path: &Path, flags: c_int) -> Result<Self, Error> {
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(sys::O_DIRECTORY | flags)
            .open(kernel, path)?;
        Ok(Self {
            file: Arc::new(file),
        })
    }

    /// Opens the directory at `path`. A symbolic link there is not followed.
    ///
    /// # Errors
    ///
    /// `ELOOP` or `ENOTDIR` for a symbolic link; others of openat(2).
    pub fn open_dir(&self, path: impl AsRef<Path>) -> Result<Self, Error> {
        let mut options = OpenOptions::new();
        options
            .read(true)
            .custom_flags(sys::O_DIRECTORY | sys::O_NOFOLLOW);
        let file = self.open_file_with(path, &options)?;
        Ok(Self {
            file: Arc::new(file),
        })
    }

    /// Opens the file at `path` for reading.
    ///
    /// # Errors
    ///
    /// Those of openat(2).
    pub fn open_file(&self, path: impl AsRef<Path>) -> Result<File, Error> {
        self.open_file_with(path, OpenOptions::new().read(true))
    }

    /// Opens the file at `path`. With `rumpkernel_sys::O_NOFOLLOW` among the
    /// [flags](OpenOptions::custom_flags) a symbolic link is refused.
    ///
    /// # Errors
    ///
    /// As for [`OpenOptions::open`].
    pub fn open_file_with(
        &self,
        path: impl AsRef<Path>,
        options: &OpenOptions,
    ) -> Result<File, Error> {
        let at = path.as_ref();
        let full = self.path().join(at);
        let descriptor = self.on(at, "openat", |name| {
            let (flags, mode) = options.to_kernel()?;
            let opened = self.file.descriptor().openat(name, flags, mode);
            // What NetBSD says of a link that is not to be followed.
            opened.map_err(|kind| match kind {
                ErrorKind::Errno(Errno::FTYPE) => ErrorKind::Errno(Errno::LOOP),
                other => other,
            })
        })?;
        Ok(File::new(descriptor, &full))
    }

    /// The path that was given when the directory was opened, behind those of the directories that
    /// it was opened from.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Lists the directory, from the beginning each time. What the entries say of themselves is
    /// asked below this directory, not by its path.
    ///
    /// # Errors
    ///
    /// Those of openat(2).
    pub fn read_dir(&self) -> Result<ReadDir, Error> {
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(sys::O_DIRECTORY);
        let listed = self.open_file_with(".", &options)?;
        Ok(ReadDir::of_open(listed, Arc::clone(&self.file)))
    }

    /// Returns what the file system knows about this directory, fstat(2).
    ///
    /// # Errors
    ///
    /// Those of fstat(2).
    pub fn dir_metadata(&self) -> Result<Metadata, Error> {
        self.file.metadata()
    }

    /// Returns what the file system knows about what is at `path`, following symbolic links,
    /// fstatat(2).
    ///
    /// # Errors
    ///
    /// Those of fstatat(2).
    pub fn metadata(&self, path: impl AsRef<Path>) -> Result<Metadata, Error> {
        self.stat(path.as_ref(), 0)
    }

    /// Returns what the file system knows about what is at `path`, a symbolic link included,
    /// fstatat(2).
    ///
    /// # Errors
    ///
    /// Those of fstatat(2).
    pub fn symlink_metadata(&self, path: impl AsRef<Path>) -> Result<Metadata, Error> {
        self.stat(path.as_ref(), sys::AT_SYMLINK_NOFOLLOW)
    }

    fn stat(&self, path: &Path, flags: c_int) -> Result<Metadata, Error> {
        self.on(path, "fstatat", |name| {
            let stat = self.file.descriptor().fstatat(name, flags)?;
            Ok(Metadata::new(stat))
        })
    }

    /// Makes a directory with the permissions 0777 less the umask, mkdirat(2).
    ///
    /// # Errors
    ///
    /// Those of mkdirat(2).
    pub fn create_dir(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.create_dir_with_mode(path, 0o777)
    }

    /// Makes a directory with the permissions `mode` less the umask, mkdirat(2).
    ///
    /// # Errors
    ///
    /// Those of mkdirat(2).
    pub fn create_dir_with_mode(&self, path: impl AsRef<Path>, mode: u32) -> Result<(), Error> {
        self.on(path.as_ref(), "mkdirat", |name| {
            self.file.descriptor().mkdirat(name, mode)
        })
    }

    /// Removes a file, a link or anything else that is no directory, unlinkat(2).
    ///
    /// # Errors
    ///
    /// `EPERM` for a directory; others of unlinkat(2).
    pub fn remove_file(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.unlink(path.as_ref(), 0)
    }

    /// Removes an empty directory, unlinkat(2).
    ///
    /// # Errors
    ///
    /// `ENOTEMPTY`, and others of unlinkat(2).
    pub fn remove_dir(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.unlink(path.as_ref(), sys::AT_REMOVEDIR)
    }

    fn unlink(&self, path: &Path, flags: c_int) -> Result<(), Error> {
        self.on(path, "unlinkat", |name| {
            self.file.descriptor().unlinkat(name, flags)
        })
    }

    /// Gives what is at `from` the name `to` below `target`, replacing what had that name,
    /// renameat(2).
    ///
    /// # Errors
    ///
    /// `EXDEV` between file systems; `EBADF` for a directory of another kernel or process; others
    /// of renameat(2).
    pub fn rename(
        &self,
        from: impl AsRef<Path>,
        target: &Self,
        to: impl AsRef<Path>,
    ) -> Result<(), Error> {
        let (from, to) = (from.as_ref(), to.as_ref());
        self.both(from, target, to)
            .and_then(|(old, new)| {
                let (one, other) = (self.file.descriptor(), target.file.descriptor());
                one.renameat(&old, other, &new)
            })
            .during_at("renameat", (&*self.at(from), "to", &*target.at(to)))
    }

    /// Gives what is at `original` one more name, `link` below `target`, linkat(2). Symbolic links
    /// are not followed.
    ///
    /// # Errors
    ///
    /// As for [`rename`](Self::rename), of linkat(2).
    pub fn hard_link(
        &self,
        original: impl AsRef<Path>,
        target: &Self,
        link: impl AsRef<Path>,
    ) -> Result<(), Error> {
        let (original, link) = (original.as_ref(), link.as_ref());
        self.both(original, target, link)
            .and_then(|(old, new)| {
                let (one, other) = (self.file.descriptor(), target.file.descriptor());
                one.linkat(&old, other, &new)
            })
            .during_at("linkat", (&*self.at(original), "to", &*target.at(link)))
    }

    /// Makes a symbolic link at `link` that leads to `target`, symlinkat(2).
    ///
    /// # Errors
    ///
    /// Those of symlinkat(2).
    pub fn symlink(&self, target: impl AsRef<Path>, link: impl AsRef<Path>) -> Result<(), Error> {
        let target = target.as_ref();
        self.on(link.as_ref(), "symlinkat", |name| {
            let target = path::to_kernel(target)?;
            self.file.descriptor().symlinkat(&target, name)
        })
    }

    /// Returns the path that the symbolic link at `path` holds, readlinkat(2).
    ///
    /// # Errors
    ///
    /// `EINVAL` when there is no link; others of readlinkat(2).
    pub fn read_link(&self, path: impl AsRef<Path>) -> Result<PathBuf, Error> {
        self.on(path.as_ref(), "readlinkat", |name| {
            let mut buffer = vec![0; LONGEST_LINK];
            let length = self.file.descriptor().readlinkat(name, &mut buffer)?;
            buffer.truncate(length);
            Ok(OsString::from_vec(buffer).into())
        })
    }

    /// Changes the permissions of what is at `path`, following symbolic links, fchmodat(2).
    ///
    /// # Errors
    ///
    /// Those of fchmodat(2).
    pub fn set_permissions(
        &self,
        path: impl AsRef<Path>,
        permissions: Permissions,
    ) -> Result<(), Error> {
        self.on(path.as_ref(), "fchmodat", |name| {
            let mode = permissions.mode();
            self.file.descriptor().fchmodat(name, mode, 0)
        })
    }

    /// Changes whom what is at `path` belongs to, of a symbolic link itself, fchownat(2); `None`
    /// leaves it.
    ///
    /// # Errors
    ///
    /// Those of fchownat(2).
    pub fn lchown(
        &self,
        path: impl AsRef<Path>,
        user: Option<u32>,
        group: Option<u32>,
    ) -> Result<(), Error> {
        let (user, group) = (user.unwrap_or(u32::MAX), group.unwrap_or(u32::MAX));
        let flags = sys::AT_SYMLINK_NOFOLLOW;
        self.on(path.as_ref(), "fchownat", |name| {
            self.file.descriptor().fchownat(name, user, group, flags)
        })
    }

    /// Changes the times of what is at `path`, of a symbolic link itself, utimensat(2).
    ///
    /// # Errors
    ///
    /// As for [`File::set_times`].
    pub fn set_times_nofollow(
        &self,
        path: impl AsRef<Path>,
        times: FileTimes,
    ) -> Result<(), Error> {
        let flags = sys::AT_SYMLINK_NOFOLLOW;
        self.on(path.as_ref(), "utimensat", |name| {
            let times = times.to_kernel()?;
            self.file.descriptor().utimensat(name, &times, flags)
        })
    }

    fn on<T>(
        &self,
        path: &Path,
        operation: &'static str,
        call: impl FnOnce(&KernelPath) -> Result<T, ErrorKind>,
    ) -> Result<T, Error> {
        let result = path::to_kernel(path).and_then(|name| call(&name));
        match result {
            Ok(value) => Ok(value),
            Err(kind) => Err(kind).during_at(operation, &*self.at(path)),
        }
    }

    /// The names, if both directories belong to the same process of one kernel: descriptors are
    /// numbers, which mean something else in another.
    fn both(
        &self,
        one: &Path,
        target: &Self,
        other: &Path,
    ) -> Result<(KernelPath, KernelPath), ErrorKind> {
        let (here, there) = (self.file.descriptor(), target.file.descriptor());
        if !Arc::ptr_eq(here.kernel(), there.kernel()) {
            return Err(ErrorKind::Errno(Errno::BADF));
        }
        Ok((path::to_kernel(one)?, path::to_kernel(other)?))
    }

    /// The path for errors.
    fn at(&self, path: &Path) -> PathBuf {
        self.path().join(path)
    }
}
