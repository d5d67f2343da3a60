//! The extended file systems of Linux: its documentation, filesystems/ext4.
//!
//! What the driver knows is `EXT2F_INCOMPAT_SUPP` and `EXT2F_ROCOMPAT_SUPP` of NetBSD's
//! ufs/ext2fs/ext2fs.h, and its own checks of the superblock.

use super::block::Block;
use super::reader::Reader;
use super::{Detected, Kind, Obstacle, State, Stops};

const SUPERBLOCK: u64 = 1024;
const MAGIC: u16 = 0xef53;
const ROOT_INODE: u64 = 2;

const HAS_JOURNAL: u32 = 0x4;
const RECOVER: u32 = 0x4;
const JOURNAL_DEVICE: u32 = 0x8;
const EXTENT: u32 = 0x40;
const WIDE: u32 = 0x80;
/// What ext3 knows: filetype, recover, and groups of groups.
const INCOMPAT_EXT3: u32 = 0x2 | RECOVER | JOURNAL_DEVICE | 0x10;
const RO_COMPAT_EXT3: u32 = 0x7;
/// What the driver knows: filetype and, as far as that goes, extents.
const INCOMPAT_KNOWN: u32 = 0x2 | EXTENT;
/// Sparse superblocks, large and huge files.
const RO_COMPAT_KNOWN: u32 = 0x1 | 0x2 | 0x8;

/// The names that `mke2fs` and `dumpe2fs` use, by bit.
const COMPAT: [&str; 12] = [
    "dir_prealloc",
    "imagic_inodes",
    "has_journal",
    "ext_attr",
    "resize_inode",
    "dir_index",
    "lazy_bg",
    "",
    "snapshot_bitmap",
    "sparse_super2",
    "fast_commit",
    "stable_inodes",
];
const INCOMPAT: [&str; 18] = [
    "compression",
    "filetype",
    "needs_recovery",
    "journal_dev",
    "meta_bg",
    "",
    "extent",
    "64bit",
    "mmp",
    "flex_bg",
    "ea_inode",
    "",
    "dirdata",
    "metadata_csum_seed",
    "large_dir",
    "inline_data",
    "encrypt",
    "casefold",
];
const RO_COMPAT: [&str; 17] = [
    "sparse_super",
    "large_file",
    "",
    "huge_file",
    "uninit_bg",
    "dir_nlink",
    "extra_isize",
    "has_snapshot",
    "quota",
    "bigalloc",
    "metadata_csum",
    "replica",
    "read-only",
    "project",
    "shared_blocks",
    "verity",
    "orphan_present",
];

/// The features of a set, with their bits.
fn named<'a>(
    set: &'a str,
    names: &'a [&str],
    bits: u32,
) -> impl Iterator<Item = (u32, String)> + 'a {
    let places = (0..32).filter(move |place| bits & (1 << place) != 0);
    places.map(move |place: u32| {
        let name = names.get(place as usize).filter(|name| !name.is_empty());
        let name = name.map_or_else(|| format!("FEATURE_{set}{place}"), |name| (*name).into());
        (1 << place, name)
    })
}

pub(super) fn probe(reader: &Reader) -> Option<Detected> {
    let block = reader.read(SUPERBLOCK, 1024)?;
    let shift = block.le32(24);
    if block.le16(56) != MAGIC || shift > 6 || block.le32(32) == 0 {
        return None;
    }
    let is_old = block.le32(76) == 0;
    let sets = |at| if is_old { 0 } else { block.le32(at) };
    let (compat, incompat, ro_compat) = (sets(92), sets(96), sets(100));
    let is_device = incompat & JOURNAL_DEVICE != 0;
    let wide = if incompat & WIDE != 0 {
        block.le32(0x150)
    } else {
        0
    };
    let blocks = u64::from(wide) << 32 | u64::from(block.le32(4));
    if blocks <= block.le32(20).into() || (block.le32(40) == 0 && !is_device) {
        return None;
    }
    let kind = match compat & HAS_JOURNAL != 0 || is_device {
        _ if incompat & !INCOMPAT_EXT3 != 0 || ro_compat & !RO_COMPAT_EXT3 != 0 => Kind::Ext4,
        true => Kind::Ext3,
        false => Kind::Ext2,
    };
    let block_size = 1024_u64 << shift;
    let mut found = Detected {
        label: block.text(120, 16).filter(|_| !is_old),
        id: block.uuid(104).filter(|_| !is_old),
        size: Some(blocks.saturating_mul(block_size)),
        block_size: Some(block_size),
        state: match block.le16(58) {
            _ if incompat & RECOVER != 0 => State::NeedsReplay,
            state if state & 0x3 == 1 => State::Clean,
            _ => State::Dirty,
        },
        rank: 75,
        ..Detected::new(kind)
    };
    let features = named("C", &COMPAT, compat)
        .chain(named("I", &INCOMPAT, incompat))
        .chain(named("R", &RO_COMPAT, ro_compat));
    found.features.extend(features.map(|(_, name)| name));
    found.obstacles = obstacles(incompat, ro_compat, block_size);
    if has_root_of_extents(reader, &block, block_size, incompat) == Some(true) {
        found.obstacles.push(Obstacle::RootExtents);
    }
    Some(found)
}

fn obstacles(incompat: u32, ro_compat: u32, block_size: u64) -> Vec<Obstacle> {
    let mut obstacles = Vec::new();
    if block_size > 4096 {
        obstacles.push(Obstacle::BlockSize {
            found: block_size,
            taken: "1024 to 4096".into(),
        });
    }
    for (bit, name) in named("I", &INCOMPAT, incompat & (!INCOMPAT_KNOWN | EXTENT)) {
        obstacles.push(match bit {
            RECOVER => Obstacle::Journal { by: "`e2fsck`" },
            EXTENT => Obstacle::Feature {
                name,
                stops: Stops::SomeFiles,
            },
            _ => Obstacle::Feature {
                name,
                stops: Stops::Mounting,
            },
        });
    }
    for (_, name) in named("R", &RO_COMPAT, ro_compat & !RO_COMPAT_KNOWN) {
        let stops = Stops::Writing;
        obstacles.push(Obstacle::Feature { name, stops });
    }
    obstacles
}

/// Returns whether the root directory's inode says that it has extents; none if it cannot be read.
fn has_root_of_extents(
    reader: &Reader,
    block: &Block,
    block_size: u64,
    incompat: u32,
) -> Option<bool> {
    const EXTENTS_FLAG: u32 = 0x8_0000;
    if incompat & EXTENT == 0 {
        return Some(false);
    }
    let inode_size = u64::from(block.le16(88));
    let descriptors = (u64::from(block.le32(20)) + 1).checked_mul(block_size)?;
    let descriptor = reader.read(descriptors, 64)?;
    let is_wide = incompat & WIDE != 0 && block.le16(254) >= 64;
    let high = if is_wide { descriptor.le32(0x28) } else { 0 };
    let table = u64::from(high) << 32 | u64::from(descriptor.le32(8));
    let place = table.checked_mul(block_size)?;
    let place = place.checked_add((ROOT_INODE - 1) * inode_size)?;
    Some(reader.read(place, 128)?.le32(32) & EXTENTS_FLAG != 0)
}
