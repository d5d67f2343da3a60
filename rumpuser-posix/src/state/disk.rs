//! Image files and devices that a kernel has as disks.
//!
//! A program hands a file to a kernel with [`Instance::attach_disk`](crate::Instance::attach_disk),
//! which gives it a name under which the kernel finds it in place of a host path. A disk that a
//! kernel may write is locked against every other user: by a lock of the host's (advisory, so that
//! it holds against other kernels and whoever asks for such locks), and, for hosts and file systems
//! without, by a table of this process. The file behind a disk belongs to the host, not to a
//! kernel; hence that table is shared by all kernels.

use std::collections::HashMap;
use std::ffi::{CStr, CString};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::Mutex;
use portable_atomic::AtomicU64;

use super::failure::Failures;
use crate::host::fork;

/// What a kernel may do with a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// Read it. Others may read it too.
    ReadOnly,
    /// Read and write it. Nobody else may use it.
    ReadWrite,
}

/// Why a file cannot be a disk.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiskError {
    /// The file could not be opened.
    #[error("cannot open the disk image")]
    Open(#[source] io::Error),
    /// A kernel, or another program, is using the file.
    #[error("the disk image is already in use: it can have one writer, or readers only")]
    InUse,
    /// A disk is a regular file or a device.
    #[error("the disk image is neither a regular file nor a disk device")]
    NotADisk,
}

/// Who uses a file: its writer, or how many readers.
static USERS: Mutex<Option<HashMap<(u64, u64), Users>>> = Mutex::new(None);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Users {
    Writer,
    Readers(usize),
}

/// The right to use a file as a disk; given back when dropped.
#[derive(Debug)]
pub(crate) struct DiskLock {
    file: (u64, u64),
    /// The process that has it.
    generation: u32,
}

impl DiskLock {
    /// Takes the right, and the host's lock, which goes with the descriptor.
    pub(crate) fn take(file: &File, access: Access) -> Result<Self, DiskError> {
        let metadata = file.metadata().map_err(DiskError::Open)?;
        let lock = Self::register((metadata.dev(), metadata.ino()), access)?;
        let locked = match access {
            Access::ReadOnly => file.try_lock_shared(),
            Access::ReadWrite => file.try_lock(),
        };
        match locked {
            Err(TryLockError::WouldBlock) => Err(DiskError::InUse),
            // Other errors mean that this file system has no locks.
            Err(TryLockError::Error(_)) | Ok(()) => Ok(lock),
        }
    }

    fn register(file: (u64, u64), access: Access) -> Result<Self, DiskError> {
        let mut users = USERS.lock();
        let users = users.get_or_insert_with(HashMap::new);
        let now = match (users.get(&file).copied(), access) {
            (None, Access::ReadWrite) => Users::Writer,
            (None, Access::ReadOnly) => Users::Readers(1),
            (Some(Users::Readers(count)), Access::ReadOnly) => Users::Readers(count + 1),
            _ => return Err(DiskError::InUse),
        };
        if users.try_reserve(1).is_err() {
            return Err(DiskError::Open(io::Error::from_raw_os_error(libc::ENOMEM)));
        }
        users.insert(file, now);
        Ok(Self {
            file,
            generation: fork::generation(),
        })
    }
}

impl DiskLock {
    /// Whether this process has the right, rather than the one that it was forked from.
    pub(crate) fn is_ours(&self) -> bool {
        self.generation == fork::generation()
    }
}

impl Drop for DiskLock {
    fn drop(&mut self) {
        if !self.is_ours() {
            return;
        }
        let mut users = USERS.lock();
        if let Some(users) = users.as_mut() {
            match users.get_mut(&self.file) {
                Some(Users::Readers(count)) if *count > 1 => *count -= 1,
                _ => drop(users.remove(&self.file)),
            }
        }
    }
}

/// An open file under the name that a kernel knows.
#[derive(Debug)]
pub(crate) struct Image {
    // Given back before the file is closed: if that was its last name, another file can have its
    // number right after.
    lock: DiskLock,
    pub(crate) file: File,
    pub(crate) access: Access,
    /// In bytes, when it was attached. Transfers end here.
    pub(crate) size: u64,
    pub(crate) kind: Kind,
    /// Never used twice in a kernel.
    pub(crate) number: u64,
    /// As it was given.
    pub(crate) path: PathBuf,
    /// How many writes there were.
    pub(crate) written: AtomicU64,
    /// How many of them are known to be durable.
    pub(crate) flushed: Mutex<u64>,
}

impl Drop for Image {
    fn drop(&mut self) {
        // The host's lock is shared with children that were forked, and would last as long as their
        // copies of the descriptor. They in turn must not take it away.
        if self.lock.is_ours() {
            // What cannot be unlocked was not locked.
            let _ = self.file.unlock();
        }
    }
}

/// What kind of file a disk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Regular,
    Block,
    Character,
}

/// Returns the size of a disk device in bytes: where its end is.
pub(crate) fn device_size(mut device: &File) -> io::Result<u64> {
    match device.seek(SeekFrom::End(0))? {
        0 => Err(io::Error::from_raw_os_error(libc::EOPNOTSUPP)),
        size => Ok(size),
    }
}

/// The disks of one kernel, by name.
#[derive(Debug, Default)]
pub(crate) struct Disks {
    images: Mutex<HashMap<CString, Arc<Image>>>,
    next: AtomicU64,
    pub(crate) failures: Failures,
}

impl Disks {
    pub(crate) fn find(&self, name: &CStr) -> Option<Arc<Image>> {
        self.images.lock().get(name).cloned()
    }

    /// Opens and locks a file, under a name that is made of the kernel's number.
    pub(crate) fn attach(
        self: &Arc<Self>,
        kernel: u64,
        path: &Path,
        access: Access,
    ) -> Result<Disk, DiskError> {
        let file = OpenOptions::new()
            .read(true)
            .write(access == Access::ReadWrite)
            // Opening must not wait (a FIFO's other end) nor do more (a terminal).
            .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
            .open(path)
            .map_err(DiskError::Open)?;
        let metadata = file.metadata().map_err(DiskError::Open)?;
        let (kind, size) = if metadata.is_file() {
            (Kind::Regular, metadata.len())
        } else {
            let kind = match metadata.file_type() {
                file_type if file_type.is_block_device() => Kind::Block,
                file_type if file_type.is_char_device() => Kind::Character,
                _ => return Err(DiskError::NotADisk),
            };
            (kind, device_size(&file).map_err(|_| DiskError::NotADisk)?)
        };
        let lock = DiskLock::take(&file, access)?;
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let name = format!("/rumpuser/{kernel}/disk{number}");
        let name = CString::new(name).expect("the name is made of digits and letters");
        let image = Image {
            file,
            access,
            size,
            kind,
            lock,
            number,
            path: path.to_owned(),
            written: AtomicU64::new(0),
            flushed: Mutex::new(0),
        };
        self.images.lock().insert(name.clone(), Arc::new(image));
        Ok(Disk {
            name,
            number,
            size,
            disks: Arc::clone(self),
            generation: fork::generation(),
        })
    }

    pub(crate) fn images(&self) -> Vec<Arc<Image>> {
        self.images.lock().values().cloned().collect()
    }
}

/// A file that is attached to a kernel. Dropping it takes the name away; the file stays open, and
/// locked, while the kernel has it open.
#[derive(Debug)]
pub struct Disk {
    name: CString,
    number: u64,
    size: u64,
    disks: Arc<Disks>,
    generation: u32,
}

impl Disk {
    /// What to give to the kernel in place of a host path (to `rump_pub_etfs_register`, say).
    #[must_use]
    pub fn host_path(&self) -> &CStr {
        &self.name
    }

    /// The size of the file or device, in bytes, as it was when it was attached.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // A child that was forked leaves alone what is its parent's.
        if self.generation == fork::generation() {
            self.disks.images.lock().remove(&self.name);
        }
    }
}
