//! Host images and disks as block devices of the kernel.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rumpuser_posix::{Access, Disk, DiskError};

use crate::gate::Gate;
use crate::{Errno, ErrorKind, syscall};

/// The kernel's own block size, `DEV_BSIZE`.
const SECTOR: u64 = 512;

/// The host disks that a kernel has, by number. They go when the kernel ends, even if somebody
/// still holds a [`Device`].
#[derive(Debug, Default)]
pub(crate) struct Disks(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    next: u64,
    disks: BTreeMap<u64, Disk>,
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
        table.disks.insert(number, disk);
        number
    }

    fn remove(&self, number: u64) {
        self.table().disks.remove(&number);
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
        let disk = gate
            .instance()
            .attach_disk(image, access)
            .map_err(|error| match error {
                DiskError::InUse => ErrorKind::ImageInUse,
                DiskError::Open(host) => ErrorKind::Host(host),
                DiskError::NotADisk => ErrorKind::Errno(Errno::NOTBLK),
                other => ErrorKind::Host(std::io::Error::other(other)),
            })?;
        if disk.size() == 0 {
            return Err(ErrorKind::Errno(Errno::INVAL));
        }
        let (host, size) = (disk.host_path().to_owned(), announced(disk.size()));
        let number = gate.disks().insert(disk);
        // The number is never used twice, and so neither is the name.
        let node =
            CString::new(format!("/dev/rumpkernel{number}")).map_err(|_| ErrorKind::NulInPath)?;
        let device = Self {
            gate: Arc::clone(gate),
            number,
            node,
            kept: false,
        };
        syscall::mount::register_disk(gate, &device.node, &host, size)?;
        Ok(device)
    }

    /// The block device's node in the kernel.
    pub(super) fn node(&self) -> &CStr {
        &self.node
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

/// The size that is announced to the kernel: a little more than there is, and no whole number of
/// sectors.
///
/// At the end of a disk rumpblk shortens a request, or answers it with nothing and no error, and a
/// file system takes what happened to be in the buffer for the missing data. With the end moved
/// this way every request that meets the gap goes to the host instead, where it is an I/O error.
fn announced(size: u64) -> u64 {
    let more = size.saturating_add(1);
    if more.is_multiple_of(SECTOR) {
        more.saturating_add(1)
    } else {
        more
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_the_size_is_announced_but_not_another_sector() {
        for size in [1, 510, 511, 512, 513, 1023, 1024, 1 << 20] {
            let announced = announced(size);
            assert!(
                announced > size && !announced.is_multiple_of(SECTOR),
                "{size}"
            );
            assert!(announced - size <= 2, "{size}");
        }
    }
}
