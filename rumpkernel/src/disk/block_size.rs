//! Disks with blocks of another size.

use std::borrow::Cow;
use std::fs::File;
use std::io;

use super::{Access, Disk};

/// A disk whose blocks, the sectors that a kernel sees, have another size than the disk says.
///
/// An image of a disk with sectors of 4096 bytes is a file like any other, so that its
/// [`HostDisk`](super::HostDisk) has blocks of 512 bytes: this puts that right.
#[derive(Debug)]
pub struct BlockSize<D> {
    disk: D,
    size: u32,
}

impl<D: Disk> BlockSize<D> {
    /// The disk with blocks of `size` bytes. What is no power of two from 512 to 64 KiB is an error
    /// when it is given to a kernel. Blocks smaller than the disk's own are for a disk that reads
    /// and writes parts of its blocks, as all of this crate do.
    pub fn new(disk: D, size: u32) -> Self {
        Self { disk, size }
    }

    /// The disk as it was.
    pub fn disk(&self) -> &D {
        &self.disk
    }
}

impl<D: Disk> Disk for BlockSize<D> {
    fn size(&self) -> u64 {
        self.disk.size()
    }

    fn block_size(&self) -> u32 {
        self.size
    }

    fn access(&self) -> Access {
        self.disk.access()
    }

    fn read(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.disk.read(buffer, offset)
    }

    fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.disk.write(bytes, offset)
    }

    fn flush(&self) -> io::Result<()> {
        self.disk.flush()
    }

    fn discard(&self, offset: u64, length: u64) -> io::Result<()> {
        self.disk.discard(offset, length)
    }

    fn is_memory(&self) -> bool {
        self.disk.is_memory()
    }

    fn name(&self) -> Cow<'_, str> {
        self.disk.name()
    }

    fn host_file(&self) -> Option<(&File, u64)> {
        self.disk.host_file()
    }
}
