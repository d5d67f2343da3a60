//! Images that keep a disk in blocks, each of which is anywhere in the file or nowhere.

use std::borrow::Cow;
use std::io;

use super::super::{Access, Disk};
use super::container::{Container, unsupported};

/// Where a block is.
#[derive(Debug)]
pub(super) enum Place {
    /// Nowhere: it is zeros.
    Nowhere,
    /// In the file, from this byte on.
    At(u64),
    /// In the file, compressed; this is what was in it.
    Packed(Vec<u8>),
}

/// A format whose images are made of blocks.
pub(super) trait Blocks: Send + Sync {
    fn container(&self) -> &Container;

    /// The disk's size in bytes.
    fn size(&self) -> u64;

    /// A block's size in bytes, which is not 0.
    fn block(&self) -> u64;

    /// The size of the disk's sectors in bytes.
    fn sector(&self) -> u32 {
        512
    }

    /// Finds a block of the disk.
    fn place(&self, number: u64) -> io::Result<Place>;

    /// Finds a block, or makes it, of zeros. Returns where it begins in the file.
    fn claim(&self, number: u64) -> io::Result<u64>;
}

/// The disk in an image.
#[derive(Debug)]
pub(super) struct InBlocks<B>(pub(super) B);

/// A part of a transfer that lies in one block.
struct Step {
    number: u64,
    /// Where in the block it begins.
    inside: u64,
    count: usize,
}

impl<B: Blocks> InBlocks<B> {
    fn step(&self, offset: u64, length: usize) -> Step {
        let block = self.0.block();
        let inside = offset % block;
        let rest = usize::try_from(block - inside).unwrap_or(usize::MAX);
        Step {
            number: offset / block,
            inside,
            count: length.min(rest),
        }
    }

    fn check(&self, offset: u64, length: usize) -> io::Result<()> {
        let size = self.0.size();
        let end = offset.checked_add(length as u64);
        match end.is_some_and(|end| end <= size) {
            true => Ok(()),
            false => Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("{length} bytes at {offset} of a disk of {size}"),
            )),
        }
    }
}

impl<B: Blocks> Disk for InBlocks<B> {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn block_size(&self) -> u32 {
        self.0.sector()
    }

    fn access(&self) -> Access {
        self.0.container().disk().access()
    }

    fn read(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.check(offset, buffer.len())?;
        let (mut rest, mut offset) = (buffer, offset);
        while !rest.is_empty() {
            let step = self.step(offset, rest.len());
            let (now, after) = rest.split_at_mut(step.count);
            match self.0.place(step.number)? {
                Place::Nowhere => now.fill(0),
                Place::At(start) => {
                    let start = start.saturating_add(step.inside);
                    self.0.container().read(now, start)?;
                }
                Place::Packed(block) => {
                    // What is less than a block ends in zeros.
                    let inside = usize::try_from(step.inside).unwrap_or(usize::MAX);
                    let block = block.get(inside..).unwrap_or_default();
                    let there = block.len().min(now.len());
                    now[..there].copy_from_slice(&block[..there]);
                    now[there..].fill(0);
                }
            }
            (rest, offset) = (after, offset + step.count as u64);
        }
        Ok(())
    }

    fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.check(offset, bytes.len())?;
        let (mut rest, mut offset) = (bytes, offset);
        while !rest.is_empty() {
            let step = self.step(offset, rest.len());
            let (now, after) = rest.split_at(step.count);
            let start = match self.0.place(step.number)? {
                Place::At(start) => Some(start),
                // Zeros are there already.
                Place::Nowhere if now.iter().all(|byte| *byte == 0) => None,
                Place::Nowhere => Some(self.0.claim(step.number)?),
                Place::Packed(_) => return Err(unsupported("a compressed block is not written")),
            };
            if let Some(start) = start {
                let start = start.saturating_add(step.inside);
                self.0.container().write(now, start)?;
            }
            (rest, offset) = (after, offset + step.count as u64);
        }
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        self.0.container().flush()
    }

    fn name(&self) -> Cow<'_, str> {
        self.0.container().disk().name()
    }
}
