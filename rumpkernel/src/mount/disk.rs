//! Host images and disks as block devices of the kernel.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rumpuser_posix::{Access, Disk, DiskFailure, Instance, SyncMark};

use crate::gate::Gate;
use crate::{Errno, ErrorKind, syscall};

/// The host disks that a kernel has, by number. They go when the kernel ends, even if somebody
/// still holds a [`Device`].
#[derive(Debug, Default)]
pub(crate) struct Disks(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    next: u64,
    disks: BTreeMap<u64, Arc<Disk>>,
}

/// The disk that a file system lies on.
enum Below {
    /// No disk at all.
    Nothing,
    Disk(Arc<Disk>),
    /// A directory or a device of the kernel's own, under which any disk can be.
    Stacked,
}

/// The block device's node in the kernel. A number is never used twice, and so neither is the
/// name.
fn node(number: u64) -> CString {
    CString::new(format!("/dev/rumpkernel{number}"))
        .expect("the name is made of digits and letters")
}

impl Disks {
    /// Gives up all of them: their locks on the host go.
    pub(crate) fn clear(&self) {
        self.table().disks.clear();
    }

    fn insert(&self, disk: Disk) -> u64 {
        let mut table = self.table();
        let number = table.next;
        table.next += 1;
        table.disks.insert(number, Arc::new(disk));
        number
    }

    fn remove(&self, number: u64) {
        self.table().disks.remove(&number);
    }

    /// Makes durable what the kernel has written to its disks, and returns the first failure that
    /// the observer has not been told of.
    pub(crate) fn flush(&self, instance: &Instance, sync: &SyncMark<'_>) -> Option<DiskFailure> {
        instance.flush_disks(None);
        instance.news(sync, None)
    }

    /// Does so for the disks below a file system that was mounted from `source`, as statvfs(2)
    /// tells.
    pub(crate) fn flush_below(
        &self,
        instance: &Instance,
        sync: &SyncMark<'_>,
        source: &CStr,
    ) -> Option<DiskFailure> {
        // The table is free again before the flush, which takes its time.
        let disk = match self.below(source) {
            Below::Nothing => return None,
            Below::Disk(disk) => Some(disk),
            Below::Stacked => None,
        };
        instance.flush_disks(disk.as_deref());
        instance.news(sync, disk.as_deref())
    }

    pub(super) fn get(&self, number: u64) -> Option<Arc<Disk>> {
        self.table().disks.get(&number).cloned()
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

/// A host disk as a block device of the kernel; taken away when dropped.
#[derive(Debug)]
pub(super) struct Device {
    gate: Arc<Gate>,
    number: u64,
    node: CString,
    /// The kernel keeps it.
    kept: bool,
}

impl Device {
    /// Opens and locks `image`, and gives it to the kernel.
    pub(super) fn attach(
        gate: &Arc<Gate>,
        image: &Path,
        access: Access,
    ) -> Result<Self, ErrorKind> {
        let disk = gate.instance().attach_disk(image, access)?;
        if disk.size() == 0 {
            return Err(ErrorKind::Errno(Errno::INVAL));
        }
        let (host, size) = (disk.host_path().to_owned(), disk.size());
        let number = gate.disks().insert(disk);
        let device = Self {
            gate: Arc::clone(gate),
            number,
            node: node(number),
            kept: false,
        };
        syscall::mount::register_disk(gate, &device.node, &host, size)?;
        Ok(device)
    }

    /// The block device's node in the kernel.
    pub(super) fn node(&self) -> &CStr {
        &self.node
    }

    /// The disk, to [`Disks::flush`].
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Leaves the disk to the kernel, until that ends.
    pub(super) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        if self.kept || self.gate.instance().is_foreign() {
            return;
        }
        // The kernel may be dead, or may never have had the node (when attach() failed).
        let _gone = syscall::mount::remove_disk(&self.gate, &self.node);
        self.gate.disks().remove(self.number);
    }
}
