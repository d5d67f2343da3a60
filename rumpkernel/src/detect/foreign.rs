//! File systems, and parts of disks, that no driver here knows.

use super::block::{Block, Order};
use super::reader::Reader;
use super::{Detected, Kind, Obstacle, State};

pub(super) fn probe(reader: &Reader) -> Vec<Detected> {
    let probes: [fn(&Reader) -> Option<Detected>; 10] = [
        btrfs, xfs, apfs, squashfs, f2fs, swap, luks, raidframe, lvm, zfs,
    ];
    let found = probes.iter().filter_map(|probe| probe(reader));
    let found = found.map(|found| match found.kind.is_file_system() {
        true => found.stopped_by(Obstacle::NoDriver),
        false => {
            let kind = found.kind;
            found.stopped_by(Obstacle::Container(kind))
        }
    });
    found.map(|found| Detected { rank: 85, ..found }).collect()
}

/// A block, if it has this in that place.
fn marked(reader: &Reader, place: u64, length: usize, at: usize, mark: &[u8]) -> Option<Block> {
    let block = reader.read(place, length)?;
    block.has(at, mark).then_some(block)
}

fn btrfs(reader: &Reader) -> Option<Detected> {
    let block = marked(reader, 64 << 10, 1024, 64, b"_BHRfS_M")?;
    Some(Detected {
        label: block.text(299, 256),
        id: block.uuid(32),
        size: Some(block.le64(112)),
        block_size: Some(block.le32(144).into()),
        ..Detected::new(Kind::Btrfs)
    })
}

fn xfs(reader: &Reader) -> Option<Detected> {
    let block = marked(reader, 0, 512, 0, b"XFSB")?;
    let block_size = u64::from(block.be32(4));
    Some(Detected {
        version: Some((block.be16(100) & 0xf).to_string()),
        label: block.text(108, 12),
        id: block.uuid(32),
        size: block.be64(8).checked_mul(block_size),
        block_size: Some(block_size),
        ..Detected::new(Kind::Xfs)
    })
}

fn apfs(reader: &Reader) -> Option<Detected> {
    let block = marked(reader, 0, 512, 32, b"NXSB")?;
    let block_size = u64::from(block.le32(36));
    Some(Detected {
        id: block.uuid(72),
        size: block.le64(40).checked_mul(block_size),
        block_size: Some(block_size),
        ..Detected::new(Kind::Apfs)
    })
}

fn squashfs(reader: &Reader) -> Option<Detected> {
    let block = marked(reader, 0, 96, 0, b"hsqs")?;
    Some(Detected {
        version: Some(format!("{}.{}", block.le16(28), block.le16(30))),
        size: Some(block.le64(40)),
        block_size: Some(block.le32(12).into()),
        ..Detected::new(Kind::Squashfs)
    })
}

fn f2fs(reader: &Reader) -> Option<Detected> {
    let block = marked(reader, 1024, 2048, 0, &[0x10, 0x20, 0xf5, 0xf2])?;
    let block_size = 1_u64.checked_shl(block.le32(16));
    Some(Detected {
        version: Some(format!("{}.{}", block.le16(4), block.le16(6))),
        label: block.utf16(124, 1024, Order::Little),
        id: block.uuid(108),
        size: block_size.and_then(|size| block.le64(36).checked_mul(size)),
        block_size,
        ..Detected::new(Kind::F2fs)
    })
}

fn swap(reader: &Reader) -> Option<Detected> {
    let page = [4_u64 << 10, 8 << 10, 16 << 10, 64 << 10]
        .into_iter()
        .find(|page| marked(reader, page - 10, 10, 0, b"SWAPSPACE2").is_some())?;
    let block = reader.read(1024, 512)?;
    let order = match block.le32(0) {
        1 => Order::Little,
        _ => Order::Big,
    };
    Some(Detected {
        version: Some(block.u32(0, order).to_string()),
        label: block.text(28, 16),
        id: block.uuid(12),
        size: Some((u64::from(block.u32(4, order)) + 1) * page),
        block_size: Some(page),
        ..Detected::new(Kind::Swap)
    })
}

fn luks(reader: &Reader) -> Option<Detected> {
    let block = marked(reader, 0, 512, 0, b"LUKS\xba\xbe")?;
    let version = block.be16(6);
    Some(Detected {
        version: Some(version.to_string()),
        label: block.text(24, 48).filter(|_| version == 2),
        id: block.text(168, 40),
        ..Detected::new(Kind::Luks)
    })
}

/// `RF_ComponentLabel_t` of dev/raidframe/raidframevar.h in NetBSD, which has no magic number.
fn raidframe(reader: &Reader) -> Option<Detected> {
    const VERSION: u32 = 2;
    let block = reader.read(16 << 10, 1024)?;
    let order = [Order::Little, Order::Big]
        .into_iter()
        .find(|order| block.u32(0, *order) == VERSION)?;
    let number = |at: usize| block.u32(4 * at, order);
    let (row, column, rows, columns) = (number(3), number(4), number(5), number(6));
    let (clean, stripe, level, block_size) = (number(7), number(9), number(12), number(14));
    let level = char::from_u32(level).filter(char::is_ascii_graphic)?;
    let is_sane = (1..=256).contains(&rows)
        && row < rows
        && (1..=256).contains(&columns)
        && column < columns
        && clean <= 1
        && (1..=1 << 16).contains(&stripe)
        && (512..=64 << 10).contains(&block_size)
        && block_size.is_power_of_two();
    if !is_sane {
        return None;
    }
    let mut found = Detected {
        version: Some(VERSION.to_string()),
        id: Some(number(1).to_string()),
        size: Some(u64::from(number(15)) * u64::from(block_size)),
        block_size: Some(block_size.into()),
        state: if clean == 1 {
            State::Clean
        } else {
            State::Dirty
        },
        ..Detected::new(Kind::RaidFrame)
    };
    found.features.push(format!("RAID {level}"));
    found
        .features
        .push(format!("component {} of {columns}", column + 1));
    Some(found)
}

fn lvm(reader: &Reader) -> Option<Detected> {
    let block = (0..4)
        .filter_map(|sector| marked(reader, sector * 512, 512, 0, b"LABELONE"))
        .find(|block| block.has(24, b"LVM2 001"))?;
    let header = block.le32(20) as usize;
    let id = block
        .text(header, 32)
        .filter(|id| id.is_ascii() && id.len() == 32);
    // As LVM's own tools write it.
    let id = id.map(|id| {
        [
            &id[..6],
            &id[6..10],
            &id[10..14],
            &id[14..18],
            &id[18..22],
            &id[22..26],
            &id[26..],
        ]
        .join("-")
    });
    Some(Detected {
        id,
        size: Some(block.le64(header.saturating_add(32))),
        ..Detected::new(Kind::Lvm2)
    })
}

/// By one of the uberblocks of the first label.
fn zfs(reader: &Reader) -> Option<Detected> {
    const MAGIC: u64 = 0x00ba_b10c;
    let block = (0..128).find_map(|number| {
        let block = reader.read((128 << 10) + (number << 10), 16)?;
        let orders = [Order::Little, Order::Big];
        let order = orders
            .into_iter()
            .find(|order| block.u64(0, *order) == MAGIC)?;
        Some((block, order))
    });
    block.map(|(block, order)| Detected {
        version: Some(block.u64(8, order).to_string()),
        ..Detected::new(Kind::Zfs)
    })
}
