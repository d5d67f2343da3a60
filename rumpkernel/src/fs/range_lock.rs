//! Locks on parts of files, fcntl(2).

use std::ffi::c_int;
use std::ops::{Bound, RangeBounds};

use rumpkernel_sys as sys;

use super::{File, TryLockError};
use crate::error::During as _;
use crate::{Errno, Error, ErrorKind};

/// The kind of a lock: what it keeps others from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum LockKind {
    /// Other shared locks are allowed; the file has to be open for reading.
    Shared,
    /// No other lock is allowed; the file has to be open for writing.
    Exclusive,
}

/// A lock that a [`Process`](crate::Process) has on a part of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct RangeLock {
    /// What it keeps others from.
    pub kind: LockKind,
    /// Where it begins, in bytes.
    pub start: u64,
    /// The number of bytes; `None` up to the end of the file, wherever that is.
    pub length: Option<u64>,
    /// The number of the process; see [`Process::id`](crate::Process::id).
    pub process: u32,
}

/// Locks of fcntl(2) on parts of the file, in bytes from its beginning; `..` is all of it, however
/// long it becomes. They belong to the [`Process`](crate::Process) that opened the file, and not
/// to the file: what one process locks, it is not itself held up by, and all its locks on a file
/// go when it closes any descriptor of that file. They and those of [`File::lock`] see each other.
impl File {
    /// Locks a part of the file; waits for other processes.
    ///
    /// # Errors
    ///
    /// `EBADF` when the file is not open for what the lock is for; `EDEADLK` when the others wait
    /// for this process; `EINVAL` for a part without bytes or above `i64::MAX`.
    pub fn lock_range(&self, kind: LockKind, range: impl RangeBounds<u64>) -> Result<(), Error> {
        self.set_range(sys::F_SETLKW, code(kind), range)
    }

    /// Locks a part of the file without waiting.
    ///
    /// # Errors
    ///
    /// [`TryLockError::WouldBlock`] when another process has locked some of it; otherwise as for
    /// [`lock_range`](Self::lock_range).
    pub fn try_lock_range(
        &self,
        kind: LockKind,
        range: impl RangeBounds<u64>,
    ) -> Result<(), TryLockError> {
        self.set_range(sys::F_SETLK, code(kind), range)
            .map_err(|error| match error.errno() {
                Some(Errno::AGAIN) => TryLockError::WouldBlock,
                _ => TryLockError::Error(error),
            })
    }

    /// Gives back locks on a part of the file, or on some of what was locked.
    ///
    /// # Errors
    ///
    /// As for [`lock_range`](Self::lock_range).
    pub fn unlock_range(&self, range: impl RangeBounds<u64>) -> Result<(), Error> {
        self.set_range(sys::F_SETLK, sys::F_UNLCK, range)
    }

    /// Returns a lock of another process that a lock of this kind would have to wait for, if there
    /// is any.
    ///
    /// # Errors
    ///
    /// As for [`lock_range`](Self::lock_range).
    pub fn conflicting_lock(
        &self,
        kind: LockKind,
        range: impl RangeBounds<u64>,
    ) -> Result<Option<RangeLock>, Error> {
        let found = request(code(kind), range).and_then(|mut lock| {
            self.descriptor().get_lock(&mut lock)?;
            Ok(lock)
        });
        let found = found.during_at("fcntl", self.path())?;
        let kind = match c_int::from(found.l_type) {
            sys::F_RDLCK => LockKind::Shared,
            sys::F_WRLCK => LockKind::Exclusive,
            _ => return Ok(None),
        };
        let length = u64::try_from(found.l_len).unwrap_or(0);
        Ok(Some(RangeLock {
            kind,
            start: u64::try_from(found.l_start).unwrap_or(0),
            length: (length != 0).then_some(length),
            process: found.l_pid.unsigned_abs(),
        }))
    }

    fn set_range(
        &self,
        command: c_int,
        kind: c_int,
        range: impl RangeBounds<u64>,
    ) -> Result<(), Error> {
        request(kind, range)
            .and_then(|lock| self.descriptor().set_lock(command, &lock))
            .during_at("fcntl", self.path())
    }
}

fn code(kind: LockKind) -> c_int {
    match kind {
        LockKind::Shared => sys::F_RDLCK,
        LockKind::Exclusive => sys::F_WRLCK,
    }
}

fn request(kind: c_int, range: impl RangeBounds<u64>) -> Result<sys::flock, ErrorKind> {
    let (start, length) = offsets(range).ok_or(ErrorKind::Errno(Errno::INVAL))?;
    Ok(sys::flock {
        l_start: start,
        l_len: length,
        l_pid: 0,
        l_type: kind as i16,
        l_whence: sys::SEEK_SET as i16,
    })
}

/// Start and length as fcntl(2) takes them: a length of 0 goes on for ever.
fn offsets(range: impl RangeBounds<u64>) -> Option<(i64, i64)> {
    let start = match range.start_bound() {
        Bound::Included(start) => *start,
        Bound::Excluded(before) => before.checked_add(1)?,
        Bound::Unbounded => 0,
    };
    let end = match range.end_bound() {
        Bound::Included(last) => last.checked_add(1)?,
        Bound::Excluded(end) => *end,
        Bound::Unbounded => return Some((i64::try_from(start).ok()?, 0)),
    };
    let end = i64::try_from(end).ok()?;
    let start = i64::try_from(start).ok()?;
    (start < end).then(|| (start, end - start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_offsets() {
        assert_eq!(offsets(..), Some((0, 0)));
        assert_eq!(offsets(5..), Some((5, 0)));
        assert_eq!(offsets(5..7), Some((5, 2)));
        assert_eq!(offsets(5..=7), Some((5, 3)));
        assert_eq!(offsets(5..5), None);
        assert_eq!(offsets(..=u64::MAX), None);
        assert_eq!(offsets(u64::MAX..), None);
    }
}
