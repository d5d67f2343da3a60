//! Partition tables: only that there is one.

use super::block::{Block, Order};
use super::reader::Reader;
use super::{Detected, Kind, Obstacle};

pub(super) fn probe(reader: &Reader) -> Vec<Detected> {
    let tables = [gpt(reader), apple(reader), mbr(reader), disklabel(reader)];
    let tables = tables.into_iter().flatten();
    tables
        .map(|found| found.stopped_by(Obstacle::PartitionTable))
        .collect()
}

fn gpt(reader: &Reader) -> Option<Detected> {
    let block = [512, 4096].into_iter().find_map(|sector| {
        let block = reader.read(sector, 512)?;
        block.has(0, b"EFI PART").then_some(block)
    })?;
    Some(Detected {
        id: block.mixed_uuid(56),
        rank: 50,
        ..Detected::new(Kind::Gpt)
    })
}

fn apple(reader: &Reader) -> Option<Detected> {
    let driver = reader.read(0, 512)?;
    let size = match driver.be16(2) {
        size if driver.has(0, b"ER") && size >= 512 => size.into(),
        _ => 512,
    };
    let block = reader.read(size, 512)?;
    // The maps of before 1987 begin with TS.
    block.has(0, b"PM").then_some(())?;
    Some(Detected {
        block_size: Some(size),
        rank: 45,
        ..Detected::new(Kind::ApplePartitionMap)
    })
}

fn mbr(reader: &Reader) -> Option<Detected> {
    let block = reader.read(0, 512)?;
    let entries = [446, 462, 478, 494];
    let is_sane = |at: usize| matches!(block.byte(at), 0 | 0x80);
    let is_used = |at: usize| block.byte(at + 4) != 0 && block.le32(at + 12) != 0;
    let is_table = block.has(510, &[0x55, 0xaa])
        && entries.into_iter().all(is_sane)
        && entries.into_iter().any(is_used);
    let id = block.le32(440);
    is_table.then(|| Detected {
        id: (id != 0).then(|| format!("{id:08x}")),
        rank: 40,
        ..Detected::new(Kind::Mbr)
    })
}

/// In the first sectors, at one of the places of NetBSD's ports; in either order.
fn disklabel(reader: &Reader) -> Option<Detected> {
    const PLACES: [u64; 5] = [0, 64, 128, 512, 516];
    const MAGIC: u32 = 0x8256_4557;
    let is_label =
        |block: &Block, order| block.u32(0, order) == MAGIC && block.u32(132, order) == MAGIC;
    let block = PLACES.into_iter().find_map(|place| {
        let block = reader.read(place, 276)?;
        let orders = [Order::Little, Order::Big];
        orders
            .into_iter()
            .any(|order| is_label(&block, order))
            .then_some(block)
    })?;
    Some(Detected {
        label: block.text(24, 16),
        rank: 35,
        ..Detected::new(Kind::Disklabel)
    })
}
