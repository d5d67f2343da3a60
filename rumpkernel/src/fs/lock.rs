//! Locks on whole files, flock(2), with the shape that `std` has for them.

use std::ffi::c_int;
use std::fmt;
use std::io;

use rumpkernel_sys as sys;

use super::File;
use crate::error::During as _;
use crate::{Errno, Error};

/// Why a lock was not taken at once, like `std::fs::TryLockError`.
#[derive(Debug)]
pub enum TryLockError {
    /// The attempt failed.
    Error(Error),
    /// Another open file has a lock that is in the way.
    WouldBlock,
}

impl fmt::Display for TryLockError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => error.fmt(f),
            Self::WouldBlock => f.write_str("the file is locked through another open file"),
        }
    }
}

impl std::error::Error for TryLockError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Error(error) => error.source(),
            Self::WouldBlock => None,
        }
    }
}

impl From<TryLockError> for io::Error {
    fn from(error: TryLockError) -> Self {
        match error {
            TryLockError::Error(error) => error.into(),
            TryLockError::WouldBlock => io::ErrorKind::WouldBlock.into(),
        }
    }
}

/// Locks of flock(2). They belong to the open file, which clones of a [`File`] share, and go with
/// it. They are advisory: only those who lock are held up.
impl File {
    /// Locks the file for the caller alone; waits until nobody else has it locked. Replaces a
    /// shared lock, which may let others in between.
    ///
    /// # Errors
    ///
    /// `EOPNOTSUPP` where the file system has no locks; that the kernel ended meanwhile.
    pub fn lock(&self) -> Result<(), Error> {
        self.flock(sys::LOCK_EX)
    }

    /// Locks the file together with others who do; waits until nobody has it for themselves.
    ///
    /// # Errors
    ///
    /// As for [`lock`](Self::lock).
    pub fn lock_shared(&self) -> Result<(), Error> {
        self.flock(sys::LOCK_SH)
    }

    /// Locks the file for the caller alone, without waiting.
    ///
    /// # Errors
    ///
    /// [`TryLockError::WouldBlock`] when the file is locked; otherwise as for
    /// [`lock`](Self::lock).
    pub fn try_lock(&self) -> Result<(), TryLockError> {
        self.try_flock(sys::LOCK_EX)
    }

    /// Locks the file together with others who do, without waiting.
    ///
    /// # Errors
    ///
    /// [`TryLockError::WouldBlock`] when somebody has the file for themselves; otherwise as for
    /// [`lock`](Self::lock).
    pub fn try_lock_shared(&self) -> Result<(), TryLockError> {
        self.try_flock(sys::LOCK_SH)
    }

    /// Gives the lock back. It is no error if there is none.
    ///
    /// # Errors
    ///
    /// As for [`lock`](Self::lock).
    pub fn unlock(&self) -> Result<(), Error> {
        self.flock(sys::LOCK_UN)
    }

    fn flock(&self, how: c_int) -> Result<(), Error> {
        self.descriptor().flock(how).during_at("flock", self.path())
    }

    fn try_flock(&self, how: c_int) -> Result<(), TryLockError> {
        self.flock(how | sys::LOCK_NB)
            .map_err(|error| match error.errno() {
                Some(Errno::AGAIN) => TryLockError::WouldBlock,
                _ => TryLockError::Error(error),
            })
    }
}
