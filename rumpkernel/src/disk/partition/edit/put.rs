//! Writes of any length to a disk of whole blocks, in order.

use crate::disk::partition::PartitionError;
use crate::disk::partition::sectors::Sectors;
use crate::disk::{Access, Disk};

/// A disk that is written.
pub(super) struct Put<'a>(Sectors<'a>);

impl<'a> Put<'a> {
    pub(super) fn new(disk: &'a dyn Disk) -> Result<Self, PartitionError> {
        match disk.access() {
            Access::ReadWrite => Ok(Self(Sectors::of(disk))),
            Access::ReadOnly => Err(PartitionError::refused(format!(
                "{} is read-only: open it with Access::ReadWrite",
                disk.name()
            ))),
        }
    }

    pub(super) fn sectors(&self) -> &Sectors<'a> {
        &self.0
    }

    /// Writes bytes at a place; what else is in the blocks stays.
    pub(super) fn bytes(&self, bytes: &[u8], offset: u64) -> Result<(), PartitionError> {
        let Self(Sectors { disk, block }) = self;
        let start = offset - offset % block;
        let before = (offset - start) as usize;
        let length = (before + bytes.len()).next_multiple_of(*block as usize);
        let failed = |source| PartitionError::Write {
            disk: disk.name().into_owned(),
            source,
        };
        let mut blocks = self.0.read(start, length).map_err(failed)?;
        blocks[before..before + bytes.len()].copy_from_slice(bytes);
        disk.write(&blocks, start).map_err(failed)
    }

    /// Waits until what was written is durable, so that nothing later is before it.
    pub(super) fn flush(&self) -> Result<(), PartitionError> {
        let disk = self.0.disk;
        disk.flush().map_err(|source| PartitionError::Write {
            disk: disk.name().into_owned(),
            source,
        })
    }

    /// Writes zeros over what other kinds of tables have left: where they begin with this.
    pub(super) fn wipe(&self, signature: &[u8], offset: u64) -> Result<(), PartitionError> {
        match self.0.read(offset, signature.len()) {
            Ok(found) if found == signature => self.bytes(&[0; 512], offset),
            _ => Ok(()),
        }
    }

    /// Writes zeros over the headers of a GPT, for sectors of all sizes.
    pub(super) fn wipe_gpt(&self) -> Result<(), PartitionError> {
        use crate::disk::partition::gpt::{SIGNATURE, units};
        for unit in units(&self.0, None) {
            self.wipe(SIGNATURE, unit)?;
            let last = (self.0.size() / unit).saturating_sub(1);
            self.wipe(SIGNATURE, last * unit)?;
        }
        Ok(())
    }
}
