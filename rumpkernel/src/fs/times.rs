//! Times of files.

use std::ffi::{c_int, c_long};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rumpkernel_sys as sys;

use crate::error::During as _;
use crate::{Errno, Error, ErrorKind, Kernel, path, syscall};

/// Times to set on a file, like `std::fs::FileTimes`. A time that is not set stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FileTimes {
    accessed: Option<SystemTime>,
    modified: Option<SystemTime>,
}

impl FileTimes {
    /// Changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// The time of the last access.
    #[must_use]
    pub fn set_accessed(mut self, time: SystemTime) -> Self {
        self.accessed = Some(time);
        self
    }

    /// The time of the last modification.
    #[must_use]
    pub fn set_modified(mut self, time: SystemTime) -> Self {
        self.modified = Some(time);
        self
    }

    /// Access and modification time as utimensat(2) takes them.
    pub(super) fn to_kernel(self) -> Result<[sys::timespec; 2], ErrorKind> {
        Ok([to_timespec(self.accessed)?, to_timespec(self.modified)?])
    }
}

/// Sets the times of what is at `path`, following symbolic links, utimensat(2).
///
/// # Errors
///
/// `EINVAL` for a time that NetBSD cannot represent; others of utimensat(2).
pub fn set_times(kernel: &Kernel, path: impl AsRef<Path>, times: FileTimes) -> Result<(), Error> {
    utimens(kernel, path.as_ref(), times, 0)
}

/// Sets the times of what is at `path`, of a symbolic link itself, utimensat(2).
///
/// # Errors
///
/// As for [`set_times`].
pub fn set_times_nofollow(
    kernel: &Kernel,
    path: impl AsRef<Path>,
    times: FileTimes,
) -> Result<(), Error> {
    utimens(kernel, path.as_ref(), times, sys::AT_SYMLINK_NOFOLLOW)
}

fn utimens(kernel: &Kernel, at: &Path, times: FileTimes, flags: c_int) -> Result<(), Error> {
    path::to_kernel(at)
        .and_then(|name| {
            let times = times.to_kernel()?;
            syscall::tree::utimens(kernel.handle(), &name, &times, flags)
        })
        .during_at("utimensat", at)
}

fn to_timespec(time: Option<SystemTime>) -> Result<sys::timespec, ErrorKind> {
    let Some(time) = time else {
        return Ok(sys::timespec {
            tv_sec: 0,
            tv_nsec: sys::UTIME_OMIT as c_long,
        });
    };
    let range = |_| ErrorKind::Errno(Errno::INVAL);
    let (seconds, nanoseconds) = match time.duration_since(UNIX_EPOCH) {
        Ok(after) => (
            i64::try_from(after.as_secs()).map_err(range)?,
            after.subsec_nanos(),
        ),
        Err(before) => {
            let before = before.duration();
            let seconds = i64::try_from(before.as_secs()).map_err(range)?;
            match before.subsec_nanos() {
                0 => (-seconds, 0),
                part => (-seconds - 1, 1_000_000_000 - part),
            }
        }
    };
    Ok(sys::timespec {
        tv_sec: seconds,
        tv_nsec: nanoseconds as c_long,
    })
}

/// A time that the kernel tells. A damaged image can hold any number.
#[derive(Clone, Copy)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub(super) struct Time {
    pub(super) seconds: i64,
    pub(super) nanoseconds: i64,
}

impl Time {
    #[allow(
        clippy::useless_conversion,
        reason = "long has 32 bits on some targets"
    )]
    pub(super) fn new(time: sys::timespec) -> Self {
        Self {
            seconds: time.tv_sec,
            nanoseconds: i64::from(time.tv_nsec),
        }
    }

    /// What is no time is an error.
    pub(super) fn to_host(self) -> Result<SystemTime, ErrorKind> {
        let part = u32::try_from(self.nanoseconds)
            .ok()
            .filter(|&part| part < 1_000_000_000);
        let whole = Duration::from_secs(self.seconds.unsigned_abs());
        let whole = if self.seconds < 0 {
            UNIX_EPOCH.checked_sub(whole)
        } else {
            UNIX_EPOCH.checked_add(whole)
        };
        whole
            .zip(part)
            .and_then(|(whole, part)| whole.checked_add(Duration::from_nanos(part.into())))
            .ok_or(ErrorKind::Errno(Errno::OVERFLOW))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_survive_the_way_there_and_back() {
        for time in [
            UNIX_EPOCH,
            UNIX_EPOCH + Duration::new(1_469_703_600, 999_999_999),
            UNIX_EPOCH - Duration::new(1, 1),
            UNIX_EPOCH - Duration::from_secs(5),
        ] {
            let kernel = to_timespec(Some(time)).unwrap();
            assert!((0..1_000_000_000).contains(&kernel.tv_nsec));
            assert_eq!(Time::new(kernel).to_host().unwrap(), time);
        }
    }

    #[test]
    fn numbers_that_are_no_time_are_errors() {
        for (tv_sec, tv_nsec) in [(0, -1), (0, 1_000_000_000), (i64::MIN, 0), (i64::MAX, 0)] {
            // The ends of i64 may or may not be times for the host, but must not panic.
            let result = Time::new(sys::timespec { tv_sec, tv_nsec }).to_host();
            assert!(result.is_err() || tv_nsec == 0);
        }
    }
}
