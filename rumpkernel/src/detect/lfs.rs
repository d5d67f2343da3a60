//! NetBSD's log-structured file system: ufs/lfs/lfs.h.

use super::block::Order;
use super::reader::Reader;
use super::{Detected, Kind, Obstacle, State};

const SUPERBLOCK: u64 = 8 << 10;
const MAGIC: u32 = 0x0007_0162;
const MAGIC_64: u32 = 0x1962_0701 ^ u32::MAX;
const VERSION_MAX: u32 = 2;
const CLEAN: u16 = 0x1;

/// Where what tells about the file system lies, in one of the two layouts.
struct Layout {
    block_size: usize,
    fragment: usize,
    flags: usize,
    ident: usize,
}

const NARROW: Layout = Layout {
    block_size: 20,
    fragment: 24,
    flags: 322,
    ident: 368,
};
const WIDE: Layout = Layout {
    block_size: 28,
    fragment: 32,
    flags: 402,
    ident: 452,
};

pub(super) fn probe(reader: &Reader) -> Option<Detected> {
    let block = reader.read(SUPERBLOCK, 512)?;
    let (order, layout, is_wide) =
        [Order::Little, Order::Big]
            .into_iter()
            .find_map(|order| match block.u32(0, order) {
                MAGIC => Some((order, NARROW, false)),
                MAGIC_64 => Some((order, WIDE, true)),
                _ => None,
            })?;
    let number = |at| block.u32(at, order);
    let (version, block_size) = (number(4), number(layout.block_size));
    if version == 0 || !block_size.is_power_of_two() || block_size < 512 {
        return None;
    }
    let count = if is_wide {
        block.u64(8, order)
    } else {
        number(8).into()
    };
    // Version 1 counts blocks, version 2 fragments.
    let unit = if version == 1 {
        block_size
    } else {
        number(layout.fragment)
    };
    let size = count.saturating_mul(unit.into());
    let ident = number(layout.ident);
    let mut found = Detected {
        version: Some(version.to_string()),
        id: (ident != 0).then(|| format!("{ident:08x}")),
        size: Some(size),
        block_size: Some(block_size.into()),
        state: match block.u16(layout.flags, order) & CLEAN {
            0 => State::Dirty,
            _ => State::Clean,
        },
        rank: 80,
        ..Detected::new(Kind::Lfs)
    };
    if is_wide {
        found.features.push("64-bit".into());
    }
    if order == Order::Big {
        found.features.push("big-endian".into());
    }
    if version > VERSION_MAX {
        let (name, stops) = (format!("version {version}"), super::Stops::Mounting);
        found.obstacles.push(Obstacle::Feature { name, stops });
    }
    Some(found)
}
