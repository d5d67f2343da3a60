//! HFS and HFS+: Apple's technical note 1150 and Inside Macintosh.

use super::block::{Block, Order, text};
use super::reader::Reader;
use super::{Detected, Kind, Obstacle, State};

const HEADER: u64 = 1024;
const UNMOUNTED: u32 = 0x100;
const INCONSISTENT: u32 = 0x800;
const JOURNALED: u32 = 0x2000;

pub(super) fn probe(reader: &Reader) -> Option<Detected> {
    let block = reader.read(HEADER, 512)?;
    match block.part(0, 2) {
        b"BD" => classic(reader, &block),
        _ => plus(reader, &block, 0),
    }
}

/// HFS, which may be a wrapper around HFS+.
fn classic(reader: &Reader, block: &Block) -> Option<Detected> {
    let (count, size) = (u64::from(block.be16(18)), u64::from(block.be32(20)));
    if count == 0 || size == 0 || size % 512 != 0 {
        return None;
    }
    if block.has(124, b"H+") {
        let place = u64::from(block.be16(28)) * 512 + u64::from(block.be16(126)) * size;
        let inner = reader.read(HEADER + place, 512)?;
        return plus(reader, &inner, place);
    }
    let name = block.part(37, usize::from(block.byte(36)).min(27));
    let found = Detected {
        label: text(name),
        size: Some(count * size),
        block_size: Some(size),
        state: match u32::from(block.be16(10)) & UNMOUNTED {
            0 => State::Dirty,
            _ => State::Clean,
        },
        rank: 70,
        ..Detected::new(Kind::Hfs)
    };
    Some(found.stopped_by(Obstacle::NoDriver))
}

fn plus(reader: &Reader, block: &Block, start: u64) -> Option<Detected> {
    let kind = match block.part(0, 4) {
        b"H+\0\x04" => Kind::HfsPlus,
        b"HX\0\x05" => Kind::Hfsx,
        _ => return None,
    };
    let size = u64::from(block.be32(40));
    if !size.is_power_of_two() || size < 512 {
        return None;
    }
    let attributes = block.be32(4);
    let id = block.be64(104);
    let mut found = Detected {
        label: label(reader, block, start, size),
        id: (id != 0).then(|| format!("{id:016X}")),
        size: Some(u64::from(block.be32(44)) * size),
        block_size: Some(size),
        state: match attributes {
            _ if attributes & INCONSISTENT != 0 => State::Dirty,
            _ if attributes & UNMOUNTED != 0 => State::Clean,
            _ => State::Dirty,
        },
        rank: 75,
        ..Detected::new(kind)
    };
    found.obstacles.push(Obstacle::ReadsOnly);
    if attributes & JOURNALED != 0 {
        found.features.push("journal".into());
        if has_work(reader, block, start, size) == Some(true) {
            found.state = State::NeedsReplay;
            let by = "macOS, or `fsck_hfs`,";
            found.obstacles.push(Obstacle::Journal { by });
        }
    }
    if start != 0 {
        found.features.push("HFS wrapper".into());
    }
    Some(found)
}

/// The name of the root folder, which is the first record of the catalog's first leaf.
fn label(reader: &Reader, header: &Block, start: u64, size: u64) -> Option<String> {
    const CATALOG: usize = 272;
    const ROOT_PARENT: u32 = 1;
    let (first, blocks) = (header.be32(CATALOG + 16), header.be32(CATALOG + 20));
    let catalog = start.checked_add(u64::from(first).checked_mul(size)?)?;
    let node = reader.read(catalog, 512)?;
    let (leaf, node_size) = (u64::from(node.be32(24)), u64::from(node.be16(32)));
    let place = leaf * node_size;
    // The catalog's further extents are not looked for.
    if place >= u64::from(blocks).checked_mul(size)? {
        return None;
    }
    let leaf = reader.read(catalog.checked_add(place)?, 512)?;
    if leaf.be32(16) != ROOT_PARENT {
        return None;
    }
    leaf.utf16(22, 2 * usize::from(leaf.be16(20)), Order::Big)
}

/// Returns whether the journal holds what was not written elsewhere; none if it cannot be read.
fn has_work(reader: &Reader, header: &Block, start: u64, size: u64) -> Option<bool> {
    const IN_VOLUME: u32 = 0x1;
    let place = u64::from(header.be32(12)).checked_mul(size)?;
    let info = reader.read(start.checked_add(place)?, 52)?;
    if info.be32(0) & IN_VOLUME == 0 {
        return None;
    }
    let journal = reader.read(start.checked_add(info.be64(36))?, 24)?;
    let order = [Order::Little, Order::Big]
        .into_iter()
        .find(|order| journal.u32(4, *order) == 0x1234_5678)?;
    Some(journal.u64(8, order) != journal.u64(16, order))
}
