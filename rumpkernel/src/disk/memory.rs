//! Disks in the program's memory.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::sync::Arc;

use parking_lot::RwLock;

use super::{Access, Disk};

/// A disk in the program's memory. Clones are the same disk, so that what a kernel has written can
/// be read when it is unmounted.
#[derive(Clone)]
pub struct MemoryDisk {
    bytes: Arc<RwLock<Vec<u8>>>,
    /// In bytes.
    size: usize,
}

impl MemoryDisk {
    /// A disk with these bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self {
            size: bytes.len(),
            bytes: Arc::new(RwLock::new(bytes)),
        }
    }

    /// A disk of so many zeros.
    pub fn zeroed(size: usize) -> Self {
        Self::new(vec![0; size])
    }

    /// Returns a copy of what is on the disk.
    pub fn to_vec(&self) -> Vec<u8> {
        self.bytes.read().clone()
    }
}

/// The place of a transfer in a disk of so many bytes.
fn place(size: usize, length: usize, offset: u64) -> io::Result<std::ops::Range<usize>> {
    let start = usize::try_from(offset).ok();
    let end = start.and_then(|start| start.checked_add(length));
    match (start, end) {
        (Some(start), Some(end)) if end <= size => Ok(start..end),
        _ => Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            format!("{length} bytes at {offset} of a disk of {size}"),
        )),
    }
}

impl Disk for MemoryDisk {
    fn size(&self) -> u64 {
        self.size as u64
    }

    fn access(&self) -> Access {
        Access::ReadWrite
    }

    fn read(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let place = place(self.size, buffer.len(), offset)?;
        buffer.copy_from_slice(&self.bytes.read()[place]);
        Ok(())
    }

    fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let place = place(self.size, bytes.len(), offset)?;
        self.bytes.write()[place].copy_from_slice(bytes);
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }

    fn is_memory(&self) -> bool {
        true
    }

    fn name(&self) -> Cow<'_, str> {
        "a disk in memory".into()
    }
}

impl fmt::Debug for MemoryDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryDisk")
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_are_the_same_disk() {
        let disk = MemoryDisk::zeroed(1024);
        disk.clone().write(&[1, 2], 1022).unwrap();
        assert_eq!(disk.to_vec()[1020..], [0, 0, 1, 2]);
        let mut buffer = [0; 4];
        disk.read(&mut buffer, 1020).unwrap();
        assert_eq!(buffer, [0, 0, 1, 2]);
    }

    #[test]
    fn beyond_the_end_there_is_nothing() {
        let disk = MemoryDisk::zeroed(1024);
        for offset in [1021, 1024, u64::MAX] {
            assert!(disk.read(&mut [0; 4], offset).is_err());
            assert!(disk.write(&[0; 4], offset).is_err());
        }
    }
}
