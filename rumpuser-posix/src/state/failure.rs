//! Failed writes and flushes of disks, remembered until everybody who asks has been told.
//!
//! A write that fails after the system call that caused it has returned reaches no caller by
//! itself: the kernel drops its error, or has thrown the data away by the time that somebody syncs.
//! So each failure gets a number, in the order of the whole kernel, and is kept. An observer (an
//! open file, a mount, the kernel's own sync) has a [`Mark`]: the number of the last failure that
//! it knows of. What is behind the mark is news to it, whoever else was told before. Linux's
//! `errseq_t` is the same idea.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::Mutex;
use portable_atomic::AtomicU64;

/// What the host did not do for a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DiskOperation {
    /// A write.
    Write,
    /// Making durable what was written, fdatasync(2).
    Flush,
}

impl fmt::Display for DiskOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Write => "write to",
            Self::Flush => "flush",
        })
    }
}

/// A failed write or flush of a disk.
#[derive(Clone, Debug)]
pub struct DiskFailure {
    disk: u64,
    path: Arc<Path>,
    operation: DiskOperation,
    error: i32,
    /// The number of the last failure of this kind.
    latest: u64,
}

impl DiskFailure {
    /// The image or device, by the path under which it was attached.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What failed.
    #[must_use]
    pub fn operation(&self) -> DiskOperation {
        self.operation
    }

    /// The host's error.
    #[must_use]
    pub fn error(&self) -> io::Error {
        io::Error::from_raw_os_error(self.error)
    }
}

impl fmt::Display for DiskFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (operation, path) = (self.operation, self.path.display());
        write!(f, "the host could not {operation} {path}: {}", self.error())
    }
}

/// Which disks an observer asks about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    One(u64),
    All,
}

/// The failures of all disks that a kernel has had.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    /// The number of the last failure; what is looked at without a lock.
    latest: AtomicU64,
    /// One entry for each disk, operation and error, by the number of its first.
    seen: Mutex<Vec<DiskFailure>>,
}

impl Failures {
    pub(crate) fn add(&self, disk: u64, path: &Path, operation: DiskOperation, error: i32) {
        let mut seen = self.seen.lock();
        let number = self.latest.load(Ordering::Relaxed) + 1;
        let known = seen.iter_mut().find(|failure| {
            (failure.disk, failure.operation, failure.error) == (disk, operation, error)
        });
        match known {
            Some(failure) => failure.latest = number,
            None => seen.push(DiskFailure {
                disk,
                path: path.into(),
                operation,
                error,
                latest: number,
            }),
        }
        self.latest.store(number, Ordering::Release);
    }

    /// Returns the first failure after `mark`, and the mark of one who knows of all.
    fn after(&self, mark: u64, whose: Whose) -> Option<(DiskFailure, u64)> {
        if self.latest.load(Ordering::Acquire) <= mark {
            return None;
        }
        let seen = self.seen.lock();
        let news = seen.iter().find(|failure| {
            failure.latest > mark && (whose == Whose::All || whose == Whose::One(failure.disk))
        })?;
        Some((news.clone(), self.latest.load(Ordering::Relaxed)))
    }
}

/// How much of the failures of a kernel's disks an observer knows of.
///
/// One that is made when a file is opened, say, knows of all that came before.
#[derive(Debug)]
pub struct Mark(AtomicU64);

impl Mark {
    pub(crate) fn now(failures: &Failures) -> Self {
        Self(AtomicU64::new(failures.latest.load(Ordering::Acquire)))
    }

    /// Begins a sync, whose outcome [`Instance::news`](crate::Instance::news) tells. Of several at
    /// a time each is told.
    #[must_use]
    pub fn begin(&self) -> SyncMark<'_> {
        SyncMark {
            known: self.0.load(Ordering::Acquire),
            mark: self,
        }
    }
}

impl Clone for Mark {
    fn clone(&self) -> Self {
        Self(AtomicU64::new(self.0.load(Ordering::Acquire)))
    }
}

/// What an observer knew when its sync began.
#[derive(Debug)]
pub struct SyncMark<'a> {
    known: u64,
    mark: &'a Mark,
}

impl SyncMark<'_> {
    pub(crate) fn news(&self, failures: &Failures, whose: Whose) -> Option<DiskFailure> {
        let (news, latest) = failures.after(self.known, whose)?;
        self.mark.0.fetch_max(latest, Ordering::AcqRel);
        Some(news)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(failures: &Failures, disk: u64, error: i32) {
        failures.add(disk, Path::new("image"), DiskOperation::Write, error);
    }

    fn told(mark: &Mark, failures: &Failures, whose: Whose) -> Option<i32> {
        let news = mark.begin().news(failures, whose)?;
        Some(news.error)
    }

    #[test]
    fn each_observer_is_told_once() {
        let failures = Failures::default();
        let (one, other) = (Mark::now(&failures), Mark::now(&failures));
        assert_eq!(told(&one, &failures, Whose::All), None);
        fail(&failures, 1, libc::ENOSPC);
        fail(&failures, 1, libc::EIO);
        assert_eq!(told(&one, &failures, Whose::All), Some(libc::ENOSPC));
        assert_eq!(told(&one, &failures, Whose::All), None);
        let late = Mark::now(&failures);
        assert_eq!(told(&late, &failures, Whose::All), None);
        assert_eq!(told(&other, &failures, Whose::One(1)), Some(libc::ENOSPC));
        fail(&failures, 1, libc::EIO);
        assert_eq!(told(&one, &failures, Whose::All), Some(libc::EIO));
    }

    #[test]
    fn a_disk_does_not_hear_of_another() {
        let failures = Failures::default();
        let (one, other) = (Mark::now(&failures), Mark::now(&failures));
        fail(&failures, 1, libc::EIO);
        assert_eq!(told(&other, &failures, Whose::One(2)), None);
        fail(&failures, 2, libc::ENOSPC);
        assert_eq!(told(&one, &failures, Whose::One(1)), Some(libc::EIO));
        assert_eq!(told(&other, &failures, Whose::One(2)), Some(libc::ENOSPC));
    }

    #[test]
    fn syncs_at_the_same_time_are_all_told() {
        let failures = Failures::default();
        let mark = Mark::now(&failures);
        let syncs = [mark.begin(), mark.begin()];
        fail(&failures, 1, libc::EIO);
        for sync in syncs {
            assert!(sync.news(&failures, Whose::All).is_some());
        }
        assert_eq!(told(&mark, &failures, Whose::All), None);
    }
}
