//! Reading a disk that nobody has looked at yet.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::FileExt;
use std::rc::Rc;

use rumpuser_posix::Disk;

use super::block::Block;

/// What is read at a time, where the disk's blocks are not larger.
const PIECE: u64 = 8 << 10;
/// The longest block that can be asked for. No structure that tells formats apart is longer.
const BLOCK_MAX: usize = 64 << 10;

/// Reads a disk, and keeps what was read: many formats are told by the same few sectors.
///
/// A disk that cannot be read in one place may tell what it is in another. So errors are kept, and
/// are for who found nothing.
pub(super) struct Reader<'a> {
    disk: &'a dyn Disk,
    /// How much can be read, in bytes.
    size: u64,
    /// Bytes of a piece: whole blocks of the disk.
    piece: u64,
    pieces: RefCell<BTreeMap<u64, Option<Rc<[u8]>>>>,
    error: RefCell<Option<io::Error>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(disk: &'a dyn Disk) -> Self {
        let block = u64::from(disk.block_size()).clamp(1, BLOCK_MAX as u64);
        // A file can be read to its last byte, a disk to its last whole block.
        let size = match disk.host_file() {
            Some(_) => disk.size(),
            None => disk.size() / block * block,
        };
        Self {
            disk,
            size,
            piece: PIECE.next_multiple_of(block),
            pieces: RefCell::default(),
            error: RefCell::default(),
        }
    }

    /// The size of the disk in bytes.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The size of the disk's blocks in bytes.
    pub(super) fn disk_block(&self) -> u32 {
        self.disk.block_size()
    }

    /// Reads so many bytes at a place; none if they are not all there, or cannot be read.
    pub(super) fn read(&self, offset: u64, length: usize) -> Option<Block> {
        let end = offset.checked_add(length as u64)?;
        if length > BLOCK_MAX || end > self.size {
            return None;
        }
        let mut bytes = Vec::with_capacity(length);
        let mut place = offset;
        while place < end {
            let piece = self.piece(place / self.piece)?;
            // Below a piece's length, which is a few KiB.
            let begin = (place % self.piece) as usize;
            let rest = (end - place).min(piece.len().saturating_sub(begin) as u64);
            let part = piece.get(begin..begin + rest as usize)?;
            if part.is_empty() {
                return None;
            }
            bytes.extend_from_slice(part);
            place += rest;
        }
        Some(Block::new(bytes))
    }

    fn piece(&self, number: u64) -> Option<Rc<[u8]>> {
        if let Some(piece) = self.pieces.borrow().get(&number) {
            return piece.clone();
        }
        let offset = number * self.piece;
        let length = self.piece.min(self.size.saturating_sub(offset));
        let mut bytes = vec![0; length as usize];
        let read = match self.disk.host_file() {
            Some((file, start)) => match start.checked_add(offset) {
                Some(place) => file.read_exact_at(&mut bytes, place),
                None => Err(io::ErrorKind::UnexpectedEof.into()),
            },
            None => self.disk.read(&mut bytes, offset),
        };
        let piece = match read {
            Ok(()) => Some(bytes.into()),
            Err(error) => {
                self.error.borrow_mut().get_or_insert(error);
                None
            }
        };
        self.pieces.borrow_mut().insert(number, piece.clone());
        piece
    }

    /// The first error of the disk's, if there was one.
    pub(super) fn into_error(self) -> Option<io::Error> {
        self.error.into_inner()
    }
}
