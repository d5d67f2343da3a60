//! Room for files: reserved, given back.

use std::ops::Range;

use super::File;
use crate::error::During as _;
use crate::{Errno, Error, ErrorKind};

impl File {
    /// Makes sure that writing to these bytes will not fail for want of room, posix_fallocate(2).
    /// No file system in the kernels of 2014 to 2016 but puffs can.
    ///
    /// # Errors
    ///
    /// `EOPNOTSUPP` where the file system cannot, `ENOSYS` in kernels older than August 2014;
    /// `ENOSPC` when there is no room; `EINVAL` for a range above `i64::MAX`.
    pub fn allocate(&self, range: Range<u64>) -> Result<(), Error> {
        offsets(&range)
            .and_then(|(start, length)| self.descriptor().posix_fallocate(start, length))
            .during_at("posix_fallocate", self.path())
    }

    /// Gives back the room of these bytes, which read as zeros then, fdiscard(2): a hole in a file,
    /// on a block device what disks call TRIM. No file system in the kernels of 2014 to 2016 but
    /// puffs can.
    ///
    /// # Errors
    ///
    /// As for [`allocate`](Self::allocate).
    pub fn discard(&self, range: Range<u64>) -> Result<(), Error> {
        offsets(&range)
            .and_then(|(start, length)| self.descriptor().fdiscard(start, length))
            .during_at("fdiscard", self.path())
    }
}

fn offsets(range: &Range<u64>) -> Result<(i64, i64), ErrorKind> {
    let length = range.end.checked_sub(range.start);
    let offsets = i64::try_from(range.start).ok().zip(length);
    offsets
        .and_then(|(start, length)| Some((start, i64::try_from(length).ok()?)))
        .ok_or(ErrorKind::Errno(Errno::INVAL))
}
