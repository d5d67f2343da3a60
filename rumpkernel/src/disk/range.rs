//! Parts of disks.

use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io;
use std::ops;
use std::sync::Arc;

use parking_lot::Mutex;

use super::{Access, Disk};

/// A disk that is used by parts. Clones are the same disk.
#[derive(Clone)]
pub struct Shared(Arc<Inner>);

struct Inner {
    disk: Box<dyn Disk>,
    /// The parts that are in use, in bytes, and whether each is written.
    parts: Mutex<Vec<(ops::Range<u64>, Access)>>,
}

/// A part that cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Overlap {
    /// It does not lie within the disk.
    #[error("bytes {} to {} do not lie within the disk, which has {size}", part.start, part.end)]
    Outside {
        /// The part, in bytes.
        part: ops::Range<u64>,
        /// The disk's size in bytes.
        size: u64,
    },
    /// Another part that is in use has some of its bytes, and one of the two is written.
    #[error("bytes {} to {} are in use: {} to {}", part.start, part.end, other.start, other.end)]
    InUse {
        /// The part, in bytes.
        part: ops::Range<u64>,
        /// The other part.
        other: ops::Range<u64>,
    },
    /// The disk is read-only.
    #[error("the disk cannot be written")]
    ReadOnly,
}

impl Shared {
    /// Shares out a disk.
    pub fn new(disk: impl Disk + 'static) -> Self {
        Self(Arc::new(Inner {
            disk: Box::new(disk),
            parts: Mutex::default(),
        }))
    }

    /// The whole disk, for looking at it. What it is asked to write may be in use.
    pub fn disk(&self) -> &dyn Disk {
        &*self.0.disk
    }

    /// Takes a part of the disk, in bytes, for reading or for writing, too: then no other part has
    /// any of these bytes meanwhile. It is given back when it is dropped.
    ///
    /// # Errors
    ///
    /// [`Overlap`].
    pub fn range(&self, part: ops::Range<u64>, access: Access) -> Result<Range, Overlap> {
        let size = self.0.disk.size();
        if part.start > part.end || part.end > size {
            return Err(Overlap::Outside { part, size });
        }
        if access == Access::ReadWrite && self.0.disk.access() == Access::ReadOnly {
            return Err(Overlap::ReadOnly);
        }
        let mut parts = self.0.parts.lock();
        let clashes = |(other, how): &&(ops::Range<u64>, Access)| {
            let is_written = access == Access::ReadWrite || *how == Access::ReadWrite;
            is_written && part.start < other.end && other.start < part.end
        };
        if let Some((other, _)) = parts.iter().find(clashes) {
            let other = other.clone();
            return Err(Overlap::InUse { part, other });
        }
        parts.push((part.clone(), access));
        Ok(Range {
            whole: self.clone(),
            part,
            access,
        })
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Shared").field(&self.0.disk.name()).finish()
    }
}

/// A part of a disk, as a disk: from one byte to another.
pub struct Range {
    whole: Shared,
    part: ops::Range<u64>,
    access: Access,
}

impl Range {
    /// Where in the whole disk a transfer goes.
    fn place(&self, offset: u64, length: usize) -> io::Result<u64> {
        let start = self.part.start.checked_add(offset);
        let end = start.and_then(|start| start.checked_add(length as u64));
        match (start, end) {
            (Some(start), Some(end)) if end <= self.part.end => Ok(start),
            _ => Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("{length} bytes at {offset} of a disk of {}", self.size()),
            )),
        }
    }
}

impl Drop for Range {
    fn drop(&mut self) {
        let mut parts = self.whole.0.parts.lock();
        let this = (self.part.clone(), self.access);
        if let Some(index) = parts.iter().position(|part| *part == this) {
            parts.swap_remove(index);
        }
    }
}

impl Disk for Range {
    fn size(&self) -> u64 {
        self.part.end - self.part.start
    }

    fn block_size(&self) -> u32 {
        self.whole.0.disk.block_size()
    }

    fn access(&self) -> Access {
        self.access
    }

    fn read(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let place = self.place(offset, buffer.len())?;
        self.whole.0.disk.read(buffer, place)
    }

    fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let place = self.place(offset, bytes.len())?;
        self.whole.0.disk.write(bytes, place)
    }

    fn flush(&self) -> io::Result<()> {
        self.whole.0.disk.flush()
    }

    fn discard(&self, offset: u64, length: u64) -> io::Result<()> {
        let length = length.min(self.size().saturating_sub(offset));
        let place = self.place(offset, 0)?;
        self.whole.0.disk.discard(place, length)
    }

    fn is_memory(&self) -> bool {
        self.whole.0.disk.is_memory()
    }

    fn name(&self) -> Cow<'_, str> {
        let name = self.whole.0.disk.name();
        format!("{name}, bytes {} to {}", self.part.start, self.part.end).into()
    }

    fn host_file(&self) -> Option<(&File, u64)> {
        let (file, start) = self.whole.0.disk.host_file()?;
        Some((file, start.checked_add(self.part.start)?))
    }
}

impl fmt::Debug for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Range").field(&self.name()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::MemoryDisk;

    fn shared() -> (MemoryDisk, Shared) {
        let whole = MemoryDisk::new((0..100).collect());
        (whole.clone(), Shared::new(whole))
    }

    #[test]
    fn a_part_begins_at_0_and_ends_at_its_size() {
        let (whole, shared) = shared();
        let part = shared.range(10..30, Access::ReadWrite).unwrap();
        assert_eq!(part.size(), 20);
        let mut buffer = [0; 3];
        part.read(&mut buffer, 17).unwrap();
        assert_eq!(buffer, [27, 28, 29]);
        part.write(&[0xff], 0).unwrap();
        assert_eq!(whole.to_vec()[9..12], [9, 0xff, 11]);
        for offset in [18, 20, u64::MAX] {
            assert!(part.read(&mut buffer, offset).is_err());
            assert!(part.write(&buffer, offset).is_err());
        }
    }

    #[test]
    fn parts_that_are_written_do_not_overlap() {
        let (_, shared) = shared();
        let one = shared.range(10..30, Access::ReadWrite).unwrap();
        for part in [0..11, 29..40, 15..20, 0..100] {
            for access in [Access::ReadOnly, Access::ReadWrite] {
                let refused = shared.range(part.clone(), access).unwrap_err();
                assert!(matches!(refused, Overlap::InUse { .. }), "{refused}");
            }
        }
        shared.range(30..40, Access::ReadWrite).unwrap();
        drop(one);
        let readers = [0..20, 10..30].map(|part| shared.range(part, Access::ReadOnly).unwrap());
        assert!(shared.range(15..16, Access::ReadWrite).is_err());
        drop(readers);
        shared.range(0..100, Access::ReadWrite).unwrap();
    }

    #[test]
    fn a_part_lies_within_the_disk() {
        let (_, shared) = shared();
        #[allow(
            clippy::reversed_empty_ranges,
            reason = "a mistake that is to be refused"
        )]
        for part in [0..101, 100..101, 20..10, u64::MAX - 1..u64::MAX] {
            let refused = shared.range(part, Access::ReadOnly).unwrap_err();
            assert!(
                matches!(refused, Overlap::Outside { size: 100, .. }),
                "{refused}"
            );
        }
    }
}
