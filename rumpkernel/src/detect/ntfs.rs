//! NTFS, as the Linux-NTFS project's documentation describes it.

use super::block::{Block, Order};
use super::reader::Reader;
use super::{Detected, Kind, Obstacle, State};

/// `MAXBSIZE` of the kernel, which is the largest cluster.
const CLUSTER_MAX: u64 = 64 << 10;
/// The file `$Volume`.
const VOLUME_RECORD: u64 = 3;
const VOLUME_NAME: u32 = 0x60;
const VOLUME_INFORMATION: u32 = 0x70;

pub(super) fn probe(reader: &Reader) -> Option<Detected> {
    let block = reader.read(0, 512)?;
    let sector = u64::from(block.le16(11));
    let cluster_sectors = match block.byte(13) {
        // Windows gives those of more than 64 KiB as a negative logarithm.
        log @ 0xe0.. => 1 << (256 - u32::from(log)),
        count => u64::from(count),
    };
    let is_sane = block.has(3, b"NTFS    ")
        && sector.is_power_of_two()
        && (256..=4096).contains(&sector)
        && cluster_sectors.is_power_of_two();
    if !is_sane {
        return None;
    }
    let cluster = cluster_sectors * sector;
    let record = match i32::from(block.byte(64) as i8) {
        log @ -31..=-1 => 1_u64 << -log,
        count => u64::try_from(count).ok()? * cluster,
    };
    let sectors = block.le64(40);
    let mut found = Detected {
        id: Some(format!("{:016X}", block.le64(72))),
        // The last sector has a copy of the first, and is not counted.
        size: sectors
            .checked_add(1)
            .and_then(|all| all.checked_mul(sector)),
        block_size: Some(cluster),
        rank: 85,
        ..Detected::new(Kind::Ntfs)
    };
    if cluster > CLUSTER_MAX {
        found.obstacles.push(Obstacle::BlockSize {
            found: cluster,
            taken: format!("up to {CLUSTER_MAX}"),
        });
    }
    let table = block.le64(48).checked_mul(cluster);
    if let Some(volume) = table.and_then(|table| volume(reader, table, record)) {
        about(&mut found, &volume);
    }
    Some(found)
}

/// Reads the record of `$Volume`, with its fixups made.
fn volume(reader: &Reader, table: u64, record: u64) -> Option<Block> {
    if !(512..=64 << 10).contains(&record) {
        return None;
    }
    let place = table.checked_add(VOLUME_RECORD * record)?;
    let mut block = reader.read(place, record as usize)?;
    if !block.has(0, b"FILE") {
        return None;
    }
    let (array, count) = (usize::from(block.le16(4)), usize::from(block.le16(6)));
    let numbers = block.part(array, 2 * count).to_vec();
    let mut numbers = numbers.chunks_exact(2);
    let check = numbers.next()?;
    for (sector, number) in block.all_mut().chunks_exact_mut(512).zip(numbers) {
        if sector[510..] != *check {
            return None;
        }
        sector[510..].copy_from_slice(number);
    }
    Some(block)
}

/// Takes label, version and state out of the record of `$Volume`.
fn about(found: &mut Detected, volume: &Block) {
    const DIRTY: u16 = 0x1;
    let mut at = usize::from(volume.le16(20));
    let end = volume.all().len();
    while at < end {
        let (kind, length) = (volume.le32(at), volume.le32(at + 4) as usize);
        if kind == u32::MAX || length < 24 {
            return;
        }
        let is_resident = volume.byte(at + 8) == 0;
        let size = volume.le32(at + 16) as usize;
        let value = at + usize::from(volume.le16(at + 20));
        match kind {
            VOLUME_NAME if is_resident => {
                found.label = volume.utf16(value, size.min(end), Order::Little);
            }
            VOLUME_INFORMATION if is_resident => {
                let (major, minor) = (volume.byte(value + 8), volume.byte(value + 9));
                found.version = Some(format!("{major}.{minor}"));
                found.state = match volume.le16(value + 10) & DIRTY {
                    0 => State::Clean,
                    _ => State::Dirty,
                };
            }
            _ => {}
        }
        at = at.saturating_add(length);
    }
}
