//! Reads of any length from a disk of whole blocks.

use std::io;

use crate::disk::Disk;

/// A disk as readers of tables see it.
#[derive(Clone, Copy)]
pub(super) struct Sectors<'a> {
    pub(super) disk: &'a dyn Disk,
    /// The disk's block size in bytes.
    pub(super) block: u64,
}

impl<'a> Sectors<'a> {
    pub(super) fn of(disk: &'a dyn Disk) -> Self {
        Self {
            disk,
            block: u64::from(disk.block_size()).max(1),
        }
    }

    /// The disk's size in bytes, of whole blocks.
    pub(super) fn size(&self) -> u64 {
        let size = self.disk.size();
        size - size % self.block
    }

    /// Reads so many bytes. Callers bound the length, which is allocated.
    pub(super) fn read(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let end = offset.checked_add(length as u64);
        let Some(end) = end.filter(|&end| end <= self.size()) else {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!(
                    "{length} bytes at {offset} of a disk of {} bytes",
                    self.size()
                ),
            ));
        };
        let start = offset - offset % self.block;
        // Within the size, which is a multiple of the block.
        let whole = (end - start).div_ceil(self.block) * self.block;
        let mut bytes = vec![0; usize::try_from(whole).map_err(io::Error::other)?];
        self.disk.read(&mut bytes, start)?;
        bytes.drain(..(offset - start) as usize);
        bytes.truncate(length);
        Ok(bytes)
    }
}

/// The bytes at a place, as an array; zeros where there are none.
fn array<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let found = bytes.get(at..).and_then(|rest| rest.first_chunk());
    found.copied().unwrap_or([0; N])
}

/// The order of bytes in a number on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Endian {
    Little,
    Big,
}

impl Endian {
    pub(super) fn u16(self, bytes: &[u8], at: usize) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(array(bytes, at)),
            Self::Big => u16::from_be_bytes(array(bytes, at)),
        }
    }

    pub(super) fn u32(self, bytes: &[u8], at: usize) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(array(bytes, at)),
            Self::Big => u32::from_be_bytes(array(bytes, at)),
        }
    }

    pub(super) fn u64(self, bytes: &[u8], at: usize) -> u64 {
        match self {
            Self::Little => u64::from_le_bytes(array(bytes, at)),
            Self::Big => u64::from_be_bytes(array(bytes, at)),
        }
    }
}

/// The GUID at a place.
pub(super) fn guid(bytes: &[u8], at: usize) -> super::Guid {
    super::Guid::from_disk(array(bytes, at))
}

/// A text of a fixed length that a NUL may end.
pub(super) fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0);
    String::from_utf8_lossy(&bytes[..end.unwrap_or(bytes.len())]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::MemoryDisk;

    #[test]
    fn what_is_read_begins_and_ends_anywhere_within_the_disk() {
        let disk = MemoryDisk::new((0..1024 + 100).map(|place| place as u8).collect());
        let sectors = Sectors::of(&disk);
        assert_eq!(sectors.size(), 1024);
        let expected: Vec<u8> = (500..600).map(|place| place as u8).collect();
        assert_eq!(sectors.read(500, 100).unwrap(), expected);
        for offset in [925, 1024, u64::MAX - 50] {
            assert!(sectors.read(offset, 100).is_err(), "{offset}");
        }
    }
}
