//! Changes beside a disk that stays as it is.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::io;

use parking_lot::RwLock;

use super::{Access, Disk};

/// The unit in which changes are kept, in bytes.
const PIECE: usize = 4096;

/// A disk that reads as another, and keeps what is written to it in the program's memory: the other
/// one is never written. The changes are gone when this is dropped.
pub struct Overlay<D> {
    below: D,
    /// Whole pieces, by number. The last one of a disk may be shorter.
    changed: RwLock<HashMap<u64, Box<[u8]>>>,
}

impl<D: Disk> Overlay<D> {
    /// Lays changes over a disk.
    pub fn new(below: D) -> Self {
        Self {
            below,
            changed: RwLock::default(),
        }
    }

    /// The disk below.
    pub fn below(&self) -> &D {
        &self.below
    }

    /// Returns how many bytes of memory the changes take.
    pub fn changed(&self) -> usize {
        self.changed.read().values().map(|piece| piece.len()).sum()
    }

    /// The bytes of a piece as they are below.
    fn original(&self, number: u64) -> io::Result<Box<[u8]>> {
        let start = number * PIECE as u64;
        // At most PIECE.
        let length = self.below.size().saturating_sub(start).min(PIECE as u64) as usize;
        let mut piece = vec![0; length].into_boxed_slice();
        self.below.read(&mut piece, start)?;
        Ok(piece)
    }
}

/// Where a transfer goes on: the number of the piece, the place in it, and how many bytes there.
fn step(offset: u64, length: usize) -> (u64, usize, usize) {
    // Below PIECE.
    let place = (offset % PIECE as u64) as usize;
    (offset / PIECE as u64, place, length.min(PIECE - place))
}

fn beyond_the_end() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "beyond the end of the disk")
}

impl<D: Disk> Disk for Overlay<D> {
    fn size(&self) -> u64 {
        self.below.size()
    }

    fn block_size(&self) -> u32 {
        self.below.block_size()
    }

    fn access(&self) -> Access {
        Access::ReadWrite
    }

    fn read(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        // What is changed meanwhile may be read as it was or as it is.
        self.below.read(buffer, offset)?;
        let changed = self.changed.read();
        if changed.is_empty() {
            return Ok(());
        }
        let (mut rest, mut offset) = (buffer, offset);
        while !rest.is_empty() {
            let (number, place, count) = step(offset, rest.len());
            let (now, after) = rest.split_at_mut(count);
            if let Some(piece) = changed.get(&number) {
                let piece = piece.get(place..place + count).ok_or_else(beyond_the_end)?;
                now.copy_from_slice(piece);
            }
            (rest, offset) = (after, offset + count as u64);
        }
        Ok(())
    }

    fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let (mut rest, mut offset) = (bytes, offset);
        while !rest.is_empty() {
            let (number, place, count) = step(offset, rest.len());
            let (now, after) = rest.split_at(count);
            let mut changed = self.changed.write();
            let piece = match changed.entry(number) {
                std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
                std::collections::hash_map::Entry::Vacant(entry) => {
                    entry.insert(self.original(number)?)
                }
            };
            let piece = piece.get_mut(place..place + count);
            piece.ok_or_else(beyond_the_end)?.copy_from_slice(now);
            (rest, offset) = (after, offset + count as u64);
        }
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }

    fn is_memory(&self) -> bool {
        self.below.is_memory()
    }

    fn name(&self) -> Cow<'_, str> {
        format!("changes over {}", self.below.name()).into()
    }
}

impl<D: Disk> fmt::Debug for Overlay<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Overlay")
            .field("below", &self.below.name())
            .field("changed", &self.changed())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::MemoryDisk;

    fn pattern(length: usize) -> Vec<u8> {
        (0..length).map(|place| (place / 7) as u8).collect()
    }

    #[test]
    fn what_is_written_is_read_and_the_disk_below_stays() {
        let original = pattern(5 * PIECE + 512);
        let below = MemoryDisk::new(original.clone());
        let overlay = Overlay::new(below.clone());
        let mut model = original.clone();
        for (offset, length) in [
            (0, 1),
            (PIECE - 3, 10),
            (2 * PIECE, 2 * PIECE),
            (original.len() - 5, 5),
        ] {
            let bytes = vec![0xee; length];
            overlay.write(&bytes, offset as u64).unwrap();
            model[offset..offset + length].fill(0xee);
            let mut all = vec![0; original.len()];
            overlay.read(&mut all, 0).unwrap();
            assert!(all == model, "{offset}");
            let mut some = vec![0; PIECE];
            overlay.read(&mut some, 100).unwrap();
            assert!(some == model[100..][..PIECE], "{offset}");
        }
        assert!(below.to_vec() == original);
        assert_eq!(overlay.changed(), 4 * PIECE + 512);
    }

    #[test]
    fn beyond_the_end_there_is_nothing() {
        let overlay = Overlay::new(MemoryDisk::zeroed(PIECE + 512));
        let end = (PIECE + 512) as u64;
        assert!(overlay.write(&[1; 2], end - 1).is_err());
        assert!(overlay.read(&mut [0; 2], end - 1).is_err());
        assert!(overlay.write(&[1; 2], u64::MAX - 1).is_err());
    }
}
