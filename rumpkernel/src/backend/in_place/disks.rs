//! The disks of the host that a kernel has been given.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rumpuser_posix::{AttachedDisk, DiskFailure, Instance, SyncMark};

use crate::backend::Scope;

/// The disks by number. They go when the kernel ends.
#[derive(Debug, Default)]
pub(crate) struct Disks(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    next: u64,
    disks: BTreeMap<u64, Arc<AttachedDisk>>,
}

/// The disk that a file system lies on.
enum Below {
    /// No disk at all.
    Nothing,
    Disk(Arc<AttachedDisk>),
    /// A directory or a device of the kernel's own, under which any disk can be.
    Stacked,
}

/// The block device's node in the kernel. A number is never used twice, and so neither is the
/// name.
pub(super) fn node(number: u64) -> CString {
    CString::new(format!("/dev/rumpkernel{number}"))
        .expect("the name is made of digits and letters")
}

impl Disks {
    /// Gives up all of them: their locks on the host go.
    pub(super) fn clear(&self) {
        self.table().disks.clear();
    }

    pub(super) fn insert(&self, disk: AttachedDisk) -> u64 {
        let mut table = self.table();
        let number = table.next;
        table.next += 1;
        table.disks.insert(number, Arc::new(disk));
        number
    }

    pub(super) fn remove(&self, number: u64) {
        self.table().disks.remove(&number);
    }

    pub(super) fn get(&self, number: u64) -> Option<Arc<AttachedDisk>> {
        self.table().disks.get(&number).cloned()
    }

    /// Makes durable what the kernel has written to disks, and returns the first failure that the
    /// observer has not been told of.
    pub(super) fn flush(
        &self,
        instance: &Instance,
        scope: Scope<'_>,
        observer: &SyncMark<'_>,
    ) -> Option<DiskFailure> {
        // The table is free again before the flush, which takes its time.
        let below;
        let disk = match scope {
            Scope::All => None,
            Scope::One(disk) => Some(disk),
            Scope::MountedFrom(source) => match self.below(source) {
                Below::Nothing => return None,
                Below::Stacked => None,
                Below::Disk(disk) => {
                    below = disk;
                    Some(&*below)
                }
            },
        };
        instance.flush_disks(disk);
        instance.news(observer, disk)
    }

    fn below(&self, source: &CStr) -> Below {
        let table = self.table();
        let disk = table
            .disks
            .iter()
            .find(|(number, _)| *node(**number) == *source);
        match disk {
            Some((_, disk)) => Below::Disk(Arc::clone(disk)),
            None if source.to_bytes().starts_with(b"/") => Below::Stacked,
            None => Below::Nothing,
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // The table is whole after every statement, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
