//! What an error of mount(2) means for what is on the disk.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Writing;
use crate::detect::{Detected, Detection, Kind, Obstacle, look};
use crate::disk::Disk;
use crate::{Errno, Error};

/// What helps where only writing does not work.
const READ_ONLY: &str = "mount it with MountOptions::read_only";

/// What is known about a disk before it is mounted.
#[derive(Debug, Default)]
pub(super) struct Survey {
    has_disk: bool,
    for_writing: bool,
    detection: Detection,
    /// Its name in NetBSD.
    driver: String,
}

impl Survey {
    /// Looks at a disk, before the kernel does. What cannot be read is the kernel's to report, and
    /// so is a disk that panics.
    pub(super) fn of(disk: &dyn Disk, for_writing: bool) -> Self {
        let looked = catch_unwind(AssertUnwindSafe(|| look(disk)));
        Self {
            has_disk: true,
            for_writing,
            detection: looked.map(Result::unwrap_or_default).unwrap_or_default(),
            driver: String::new(),
        }
    }

    /// Says which driver it is for.
    pub(super) fn is_for(&mut self, driver: &str) {
        driver.clone_into(&mut self.driver);
    }

    /// What the driver would mount.
    fn found(&self) -> Option<&Detected> {
        self.detection.of_driver(&self.driver)
    }

    /// Returns whether the kernel could mount it and then neither use it nor unmount it.
    pub(super) fn is_trap(&self) -> bool {
        let found = self.found().into_iter();
        found
            .flat_map(|found| &found.obstacles)
            .any(|obstacle| *obstacle == Obstacle::RootExtents)
    }

    /// What was mounted.
    pub(super) fn into_found(self) -> Option<Box<Detected>> {
        let mut all = self.detection.take().into_iter();
        all.find(|found| found.kind.feature() == Some(&self.driver))
            .map(Box::new)
    }

    /// Adds to an error what can be done about it.
    pub(super) fn explain(&self, error: Error, writing: Writing) -> Error {
        let hint: Cow<'static, str> = match error.errno() {
            Some(Errno::ROFS) if writing == Writing::Never => {
                "the driver can only read: mount it without MountOptions::read_write".into()
            }
            Some(Errno::ROFS) if self.has_disk => {
                match self.found().and_then(|found| found.account(true)) {
                    Some(account) => format!("{account}: {READ_ONLY}").into(),
                    None => {
                        format!("the disk, or what is on it, can only be read: {READ_ONLY}").into()
                    }
                }
            }
            Some(Errno::INVAL | Errno::IO | Errno::PERM) if self.has_disk => {
                match (self.reason(), error.errno()) {
                    (Some(reason), _) if self.is_read_only() => {
                        format!("{reason}: {READ_ONLY}").into()
                    }
                    (Some(reason), _) => reason.into(),
                    (None, Some(Errno::INVAL)) => self.guess(),
                    (None, _) => return error,
                }
            }
            Some(Errno::BUSY) if self.has_disk => "a kernel can have 256 disks".into(),
            Some(Errno::NOTBLK) => "an image is a regular file or a block device".into(),
            Some(Errno::NODEV) => "the kernel was built without this driver".into(),
            _ => return error,
        };
        error.hint(hint)
    }

    /// Why the driver cannot mount what is there, if it is known.
    fn reason(&self) -> Option<String> {
        if let Some(found) = self.found() {
            return found.account(self.for_writing);
        }
        let best = self.detection.best()?;
        match best.kind {
            kind if kind.is_file_system() => Some(format!("this is {best}: {}", other(kind))),
            _ => best.account(false),
        }
    }

    /// Returns whether it was to be written, which alone is why it cannot be mounted.
    fn is_read_only(&self) -> bool {
        self.for_writing && self.found().is_some_and(Detected::is_mountable)
    }

    /// What it may be that the driver does not take.
    fn guess(&self) -> Cow<'static, str> {
        match self.found() {
            Some(found) => {
                format!("this looks like {found}: it is damaged, or the options do not suit it")
                    .into()
            }
            None => "the image is empty, damaged, or holds no file system of this type".into(),
        }
    }
}

/// What mounts it instead.
fn other(kind: Kind) -> String {
    match kind.feature() {
        Some(feature) => format!("the driver for it comes with the feature `{feature}`"),
        None => "there is no driver for it".into(),
    }
}
