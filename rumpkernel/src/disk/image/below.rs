//! A disk of ours under an image of imago's.

use std::fmt;
use std::io;

use imago::Storage;
use imago::io_buffers::{IoVector, IoVectorMut};
use imago::storage::drivers::CommonStorageHelper;

use super::super::Disk;

/// A disk that is read only, because an image keeps changes to it.
#[derive(Debug)]
pub(super) struct Below {
    disk: Box<dyn Disk>,
    helper: CommonStorageHelper,
}

impl Below {
    pub(super) fn new(disk: Box<dyn Disk>) -> Self {
        Self {
            disk,
            helper: CommonStorageHelper::default(),
        }
    }
}

impl fmt::Display for Below {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.disk.name())
    }
}

impl Storage for Below {
    fn req_align(&self) -> usize {
        self.disk.block_size() as usize
    }

    fn size(&self) -> io::Result<u64> {
        Ok(self.disk.size())
    }

    async unsafe fn pure_readv(&self, mut vector: IoVectorMut<'_>, offset: u64) -> io::Result<()> {
        let length = vector.len();
        let there = self.disk.size().saturating_sub(offset).min(length);
        // Requests are of pieces of the buffers of kernels, and fit in memory.
        let size = usize::try_from(length).map_err(io::Error::other)?;
        let mut bytes = vec![0; size];
        // At most `size`; behind the end there are zeros.
        self.disk.read(&mut bytes[..there as usize], offset)?;
        vector.copy_from_slice(&bytes);
        Ok(())
    }

    async unsafe fn pure_writev(&self, _: IoVector<'_>, _: u64) -> io::Result<()> {
        Err(io::ErrorKind::ReadOnlyFilesystem.into())
    }

    async fn flush(&self) -> io::Result<()> {
        Ok(())
    }

    async fn sync(&self) -> io::Result<()> {
        Ok(())
    }

    async unsafe fn invalidate_cache(&self) -> io::Result<()> {
        Ok(())
    }

    fn get_storage_helper(&self) -> &CommonStorageHelper {
        &self.helper
    }
}
