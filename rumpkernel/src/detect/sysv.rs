//! Small file systems of System V and its kin: the boot file system, and the extent file system of
//! IRIX.

use super::reader::Reader;
use super::{Detected, Kind, Obstacle, State};

const BFS_MAGIC: u32 = 0x1bad_face;
const EFS_MAGIC: u32 = 0x0007_2959;
/// That of a file system that was grown, of IRIX 3.3 on.
const EFS_MAGIC_GROWN: u32 = 0x0007_295a;
const BLOCK: u64 = 512;

/// The boot file system: fs/sysvbfs/bfs.h of NetBSD.
pub(super) fn bfs(reader: &Reader) -> Option<Detected> {
    let block = reader.read(0, 512)?;
    let (start, end) = (block.le32(4), block.le32(8));
    if block.le32(0) != BFS_MAGIC || u64::from(start) < BLOCK || end < start {
        return None;
    }
    let names = [block.text(34, 6), block.text(28, 6)];
    // Where files were being moved together; all ones otherwise.
    let moves = [12, 16, 20, 24].map(|at| block.le32(at));
    Some(Detected {
        label: names.into_iter().flatten().next(),
        size: Some(u64::from(end) + 1),
        block_size: Some(BLOCK),
        state: match moves == [u32::MAX; 4] {
            true => State::Clean,
            false => State::Unknown,
        },
        rank: 80,
        ..Detected::new(Kind::SysvBfs)
    })
}

/// The extent file system: fs/efs/efs_sb.h of NetBSD.
pub(super) fn efs(reader: &Reader) -> Option<Detected> {
    let block = reader.read(BLOCK, 512)?;
    let magic = block.be32(28);
    if !(magic == EFS_MAGIC || magic == EFS_MAGIC_GROWN) || block.be32(4) <= 2 {
        return None;
    }
    let size = u64::from(block.be32(0)) * BLOCK;
    let mut found = Detected {
        label: block.text(32, 6),
        size: Some(size),
        block_size: Some(BLOCK),
        state: match block.be16(20) {
            0 => State::Clean,
            _ => State::Dirty,
        },
        rank: 80,
        ..Detected::new(Kind::Efs)
    };
    found.obstacles.push(Obstacle::ReadsOnly);
    Some(found)
}
