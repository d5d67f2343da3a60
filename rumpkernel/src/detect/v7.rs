//! The file system of Unix V7, which has no magic number: filsys(5).

use super::block::Block;
use super::reader::Reader;
use super::{Detected, Kind};

const BLOCK: u64 = 512;
const DIRECTORY: u16 = 0o040_000;

/// The orders that there are, as the driver calls them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
    Pdp,
}

impl Order {
    pub(super) const ALL: [Self; 3] = [Self::Little, Self::Big, Self::Pdp];

    /// What it is among the features.
    pub(super) fn feature(self) -> &'static str {
        match self {
            Self::Little => "little-endian",
            Self::Big => "big-endian",
            Self::Pdp => "PDP-endian",
        }
    }

    fn short(self, block: &Block, at: usize) -> u16 {
        match self {
            Self::Big => block.be16(at),
            Self::Little | Self::Pdp => block.le16(at),
        }
    }

    fn long(self, block: &Block, at: usize) -> u32 {
        match self {
            Self::Little => block.le32(at),
            Self::Big => block.be32(at),
            Self::Pdp => u32::from(block.le16(at)) << 16 | u32::from(block.le16(at + 2)),
        }
    }
}

/// By numbers that fit each other, and an inode 2 that is a directory.
pub(super) fn probe(reader: &Reader) -> Option<Detected> {
    let block = reader.read(BLOCK, 512)?;
    let inodes = reader.read(2 * BLOCK, 512)?;
    let order = Order::ALL
        .into_iter()
        .find(|order| is_sane(&block, *order) && has_root(&inodes, *order))?;
    let mut found = Detected {
        size: Some(u64::from(order.long(&block, 2)) * BLOCK),
        block_size: Some(BLOCK),
        rank: 30,
        ..Detected::new(Kind::V7)
    };
    found.features.push(order.feature().into());
    Some(found)
}

/// What the driver asks of a superblock.
fn is_sane(block: &Block, order: Order) -> bool {
    const FREE_BLOCKS: u16 = 50;
    const FREE_INODES: u16 = 100;
    let (data, size) = (u32::from(order.short(block, 0)), order.long(block, 2));
    let (free_blocks, free_inodes) = (order.short(block, 6), order.short(block, 208));
    let (all_blocks, all_inodes) = (order.long(block, 418), order.short(block, 422));
    let cached = (0..usize::from(free_blocks.min(FREE_BLOCKS)))
        .map(|number| order.long(block, 8 + 4 * number));
    (128..1 << 24).contains(&size)
        && (3..size).contains(&data)
        && free_blocks <= FREE_BLOCKS
        && free_inodes <= FREE_INODES
        && all_blocks <= size
        && (free_blocks, free_inodes, all_blocks, all_inodes) != (0, 0, 0, 0)
        && cached.skip(1).all(|free| (data..size).contains(&free))
}

fn has_root(inodes: &Block, order: Order) -> bool {
    const ROOT: usize = 64;
    let mode = order.short(inodes, ROOT);
    let links = order.short(inodes, ROOT + 2);
    let size = order.long(inodes, ROOT + 8);
    mode & 0o170_000 == DIRECTORY && links >= 2 && size >= 32 && size.is_multiple_of(16)
}
