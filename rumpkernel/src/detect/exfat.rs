//! exFAT: Microsoft's specification of 2019.

use super::block::Order;
use super::reader::Reader;
use super::{Detected, Kind, Obstacle, State};

/// How many clusters of the root directory are searched for the label.
const CLUSTERS_MAX: u32 = 32;

pub(super) fn probe(reader: &Reader) -> Option<Detected> {
    let block = reader.read(0, 512)?;
    if !block.has(3, b"EXFAT   ") {
        return None;
    }
    let (sector_shift, cluster_shift) = (block.byte(108), block.byte(109));
    if !(9..=12).contains(&sector_shift) || cluster_shift > 25 - sector_shift {
        return None;
    }
    let sectors = |number: u64| number.checked_mul(1 << sector_shift);
    let cluster = 1_u64 << (sector_shift + cluster_shift);
    let fat = sectors(block.le32(80).into())?;
    let heap = sectors(block.le32(88).into())?;
    let serial = block.le32(100);
    Some(
        Detected {
            version: Some(format!("{}.{:02}", block.byte(105), block.byte(104))),
            label: label(reader, fat, heap, cluster, block.le32(96)),
            id: Some(format!("{:04X}-{:04X}", serial >> 16, serial & 0xffff)),
            size: sectors(block.le64(72)),
            block_size: Some(cluster),
            state: match block.le16(106) & 0x2 {
                0 => State::Clean,
                _ => State::Dirty,
            },
            rank: 85,
            ..Detected::new(Kind::ExFat)
        }
        .stopped_by(Obstacle::NoDriver),
    )
}

/// The entry of the root directory that holds the label.
fn label(reader: &Reader, fat: u64, heap: u64, cluster: u64, root: u32) -> Option<String> {
    const END: u8 = 0;
    const LABEL: u8 = 0x83;
    let mut number = root;
    for _ in 0..CLUSTERS_MAX {
        let place = u64::from(number.checked_sub(2)?).checked_mul(cluster)?;
        let block = reader.read(heap.checked_add(place)?, cluster.min(64 << 10) as usize)?;
        for at in (0..block.all().len()).step_by(32) {
            match block.byte(at) {
                END => return None,
                LABEL => {
                    let units = usize::from(block.byte(at + 1)).min(11);
                    return block.utf16(at + 2, 2 * units, Order::Little);
                }
                _ => {}
            }
        }
        number = reader
            .read(fat.checked_add(4 * u64::from(number))?, 4)?
            .le32(0);
    }
    None
}
