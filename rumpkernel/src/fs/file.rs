//! An open file.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rumpuser_posix::Mark;

use super::{FileTimes, Metadata, OpenOptions, Permissions};
use crate::backend::Scope;
use crate::error::During as _;
use crate::syscall::Descriptor;
use crate::{Errno, Error, ErrorKind, Kernel};

/// An open file in a kernel, like `std::fs::File`; closed when dropped.
///
/// Several threads may use one file at the same time; the position is shared, and so the methods
/// that name a position are the ones to use then.
#[derive(Debug)]
pub struct File {
    descriptor: Descriptor,
    path: Arc<Path>,
    /// The failed writes of the disk below, if it has one.
    mark: Mark,
}

impl File {
    pub(super) fn new(descriptor: Descriptor, path: &Path) -> Self {
        Self {
            mark: descriptor.kernel().mark(),
            descriptor,
            path: path.into(),
        }
    }

    pub(super) fn descriptor(&self) -> &Descriptor {
        &self.descriptor
    }

    /// Opens a file for reading, open(2). A directory can be opened, too.
    ///
    /// # Errors
    ///
    /// Those of open(2).
    pub fn open(kernel: &Kernel, path: impl AsRef<Path>) -> Result<Self, Error> {
        OpenOptions::new().read(true).open(kernel, path)
    }

    /// Opens a file for writing: empties it if it exists, creates it otherwise.
    ///
    /// # Errors
    ///
    /// Those of open(2).
    pub fn create(kernel: &Kernel, path: impl AsRef<Path>) -> Result<Self, Error> {
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(kernel, path)
    }

    /// Creates a file for reading and writing, which must not exist.
    ///
    /// # Errors
    ///
    /// `EEXIST`, and others of open(2).
    pub fn create_new(kernel: &Kernel, path: impl AsRef<Path>) -> Result<Self, Error> {
        OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(kernel, path)
    }

    /// Returns options for opening a file, with nothing set.
    pub fn options() -> OpenOptions {
        OpenOptions::new()
    }

    /// The path that was given when the file was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads at `offset` (bytes from the beginning) without moving the position, pread(2).
    ///
    /// # Errors
    ///
    /// `EINVAL` for an offset above `i64::MAX`; otherwise those of pread(2).
    pub fn read_at(&self, buffer: &mut [u8], offset: u64) -> Result<usize, Error> {
        let offset = self.offset(offset, "pread")?;
        self.descriptor
            .pread(buffer, offset)
            .during_at("pread", &*self.path)
    }

    /// Fills `buffer` from `offset` on.
    ///
    /// # Errors
    ///
    /// Of the kind `UnexpectedEof` when the file ends before; otherwise as for
    /// [`read_at`](Self::read_at).
    pub fn read_exact_at(&self, mut buffer: &mut [u8], mut offset: u64) -> io::Result<()> {
        while !buffer.is_empty() {
            match self.read_at(buffer, offset)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => {
                    buffer = &mut buffer[count..];
                    offset = offset.saturating_add(count as u64);
                }
            }
        }
        Ok(())
    }

    /// Writes at `offset` (bytes from the beginning) without moving the position, pwrite(2).
    ///
    /// # Errors
    ///
    /// `EINVAL` for an offset above `i64::MAX`; otherwise those of pwrite(2).
    pub fn write_at(&self, bytes: &[u8], offset: u64) -> Result<usize, Error> {
        let offset = self.offset(offset, "pwrite")?;
        self.descriptor
            .pwrite(bytes, offset)
            .during_at("pwrite", &*self.path)
    }

    /// Writes all of `bytes` from `offset` on.
    ///
    /// # Errors
    ///
    /// Of the kind `WriteZero` when nothing could be written; otherwise as for
    /// [`write_at`](Self::write_at).
    pub fn write_all_at(&self, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
        while !bytes.is_empty() {
            match self.write_at(bytes, offset)? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                count => {
                    bytes = &bytes[count..];
                    offset = offset.saturating_add(count as u64);
                }
            }
        }
        Ok(())
    }

    /// Makes the file durable, data and metadata, fsync(2): first in the disk image, then on the
    /// host's disk. What a file system promises beyond the file itself, its description says.
    ///
    /// # Errors
    ///
    /// Those of fsync(2); [`ErrorKind::Disk`] when the host failed to write to the file system's
    /// disk, or to make durable what was written, since the file was opened or this was last
    /// called on it. It may have been another file's data: a kernel's cache does not know. Each
    /// open file is told once; see [durability](crate#durability).
    pub fn sync_all(&self) -> Result<(), Error> {
        self.sync(Descriptor::fsync).during_at("fsync", &*self.path)
    }

    /// Makes the file's data durable, and what is needed to find them, fdatasync(2). NetBSD's file
    /// systems know no difference that matters, and so this is [`sync_all`](Self::sync_all) for a
    /// file that is open for writing.
    ///
    /// # Errors
    ///
    /// `EBADF` when the file is not open for writing; otherwise as for
    /// [`sync_all`](Self::sync_all).
    pub fn sync_data(&self) -> Result<(), Error> {
        self.sync(Descriptor::fdatasync)
            .during_at("fdatasync", &*self.path)
    }

    fn sync(
        &self,
        write: impl FnOnce(&Descriptor) -> Result<(), ErrorKind>,
    ) -> Result<(), ErrorKind> {
        let sync = self.mark.begin();
        let written = write(&self.descriptor);
        let source = self.descriptor.mounted_from()?;
        let disks = Scope::MountedFrom(&source);
        let failure = self.descriptor.kernel().flush(disks, &sync);
        // The host's error says more than what the kernel makes of it.
        failure.map_or(written, |failure| Err(failure.into()))
    }

    /// Makes the file `size` bytes long, filling with zeros, ftruncate(2).
    ///
    /// # Errors
    ///
    /// `EINVAL` when the file is not open for writing; others of ftruncate(2).
    pub fn set_len(&self, size: u64) -> Result<(), Error> {
        let size = self.offset(size, "ftruncate")?;
        self.descriptor
            .ftruncate(size)
            .during_at("ftruncate", &*self.path)
    }

    /// Returns what the file system knows about the file, fstat(2).
    ///
    /// # Errors
    ///
    /// Those of fstat(2).
    pub fn metadata(&self) -> Result<Metadata, Error> {
        self.descriptor
            .fstat()
            .map(Metadata::new)
            .during_at("fstat", &*self.path)
    }

    /// Changes the permissions, fchmod(2).
    ///
    /// # Errors
    ///
    /// Those of fchmod(2).
    pub fn set_permissions(&self, permissions: Permissions) -> Result<(), Error> {
        self.descriptor
            .fchmod(permissions.mode())
            .during_at("fchmod", &*self.path)
    }

    /// Changes whom the file belongs to, fchown(2); `None` leaves it.
    ///
    /// # Errors
    ///
    /// Those of fchown(2).
    pub fn chown(&self, user: Option<u32>, group: Option<u32>) -> Result<(), Error> {
        let (user, group) = (user.unwrap_or(u32::MAX), group.unwrap_or(u32::MAX));
        self.descriptor
            .fchown(user, group)
            .during_at("fchown", &*self.path)
    }

    /// Changes the times of last access and modification, futimens(2).
    ///
    /// # Errors
    ///
    /// `EINVAL` for a time that NetBSD cannot represent; others of futimens(2).
    pub fn set_times(&self, times: FileTimes) -> Result<(), Error> {
        times
            .to_kernel()
            .and_then(|times| self.descriptor.futimens(&times))
            .during_at("futimens", &*self.path)
    }

    /// Sets the time of last modification.
    ///
    /// # Errors
    ///
    /// As for [`set_times`](Self::set_times).
    pub fn set_modified(&self, time: std::time::SystemTime) -> Result<(), Error> {
        self.set_times(FileTimes::new().set_modified(time))
    }

    /// Another handle to the same open file, dup(2): they share the position.
    ///
    /// # Errors
    ///
    /// `EMFILE` when too many files are open.
    pub fn try_clone(&self) -> Result<Self, Error> {
        let descriptor = self.descriptor.dup().during_at("dup", &*self.path)?;
        Ok(Self {
            descriptor,
            path: Arc::clone(&self.path),
            mark: self.mark.clone(),
        })
    }

    pub(super) fn offset(&self, offset: u64, operation: &'static str) -> Result<i64, Error> {
        i64::try_from(offset)
            .map_err(|_| ErrorKind::Errno(Errno::INVAL))
            .during_at(operation, &*self.path)
    }
}
