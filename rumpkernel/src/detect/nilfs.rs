//! NILFS 2: Linux' documentation of the format.

use super::block::Block;
use super::reader::Reader;
use super::{Detected, Kind, Obstacle, State};

const FIRST: u64 = 1024;
const MAGIC: u16 = 0x3434;
const VALID: u16 = 0x1;
const SUM: usize = 16;

pub(super) fn probe(reader: &Reader) -> Option<Detected> {
    // The second superblock is in the last whole 4 KiB.
    let second = (reader.size() >> 12)
        .checked_sub(1)
        .map(|block| block << 12);
    let mut blocks = [Some(FIRST), second].into_iter().flatten();
    let block = blocks.find_map(|place| {
        let block = reader.read(place, 1024)?;
        is_whole(&block).then_some(block)
    })?;
    let size = block.le64(32);
    let state = block.le16(116);
    let mut found = Detected {
        version: Some(format!("{}.{}", block.le32(0), block.le16(4))),
        label: block.text(168, 80),
        id: block.uuid(152),
        size: Some(size),
        block_size: 1024_u64.checked_shl(block.le32(20)),
        state: match state {
            VALID => State::Clean,
            _ => State::NeedsReplay,
        },
        rank: 85,
        ..Detected::new(Kind::Nilfs2)
    };
    found.obstacles.push(Obstacle::ReadsOnly);
    if state != VALID {
        found.obstacles.push(Obstacle::NotClean);
    }
    Some(found)
}

/// By its magic number and checksum.
fn is_whole(block: &Block) -> bool {
    let length = usize::from(block.le16(8));
    if block.le16(6) != MAGIC || !(SUM + 4..=1024).contains(&length) || block.le32(20) > 6 {
        return false;
    }
    let bytes = block.part(0, length).iter().enumerate();
    let sum = bytes.fold(block.le32(12), |sum, (at, byte)| match at {
        SUM..20 => crc32(sum, 0),
        _ => crc32(sum, *byte),
    });
    sum == block.le32(SUM)
}

/// One byte more of the checksum of Ethernet, without its inversions.
fn crc32(sum: u32, byte: u8) -> u32 {
    (0..8).fold(sum ^ u32::from(byte), |sum, _| {
        (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg())
    })
}
