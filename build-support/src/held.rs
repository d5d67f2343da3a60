//! Folders of the cache that are not removed while somebody uses them.
//!
//! Who uses a folder holds a shared lock on the folder itself, which works also where nothing can be
//! written; who removes it holds an exclusive one. Where the file system has no locks, nobody is kept out.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

/// Keeps the folder at `path` from being removed while the file lives; none if that is not to be had.
///
/// The folder may have been removed just before: look into it only afterwards.
pub(crate) fn share(path: &Path) -> Option<File> {
    let folder = File::open(path).ok()?;
    match folder.lock_shared() {
        Ok(()) => Some(folder),
        // Without locks on this file system there are none of others either.
        Err(_) => None,
    }
}

/// Keeps all others out of the folder at `path` while the file lives; none if somebody is in.
///
/// # Errors
///
/// If the folder cannot be opened.
pub(crate) fn seize(path: &Path) -> io::Result<Option<File>> {
    let folder = File::open(path)?;
    match folder.try_lock() {
        Ok(()) => Ok(Some(folder)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
            Ok(Some(folder))
        }
        Err(TryLockError::Error(error)) => Err(error),
    }
}
