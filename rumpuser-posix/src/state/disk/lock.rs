//! Locks on files that are used as disks.
//!
//! A file that may be written is locked against every other user: by a lock of the host's
//! (advisory, so that it holds against other kernels and whoever asks for such locks), and, for
//! hosts and file systems without, by a table of this process. The file belongs to the host, not to
//! a kernel; hence that table is shared by all kernels.

use std::collections::HashMap;
use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;

use parking_lot::Mutex;

use super::{Access, DiskError};
use crate::host::fork;

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
