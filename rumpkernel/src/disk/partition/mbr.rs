//! The partition table of a master boot record, and the chain of logical partitions.
//!
//! As in "Layout of the master boot record" of Windows and in sfdisk(8): four entries at byte 446,
//! and the signature 55 AA. A record of the chain has one entry for its partition, counted from the
//! record, and one for the next record, counted from the extended partition.

use std::io;

use super::sectors::{Endian, Sectors};
use super::{Bsd, Partition, PartitionType, Problem, Scheme, Table, bsd};

/// Where the entries begin in a record.
pub(super) const ENTRIES: usize = 446;
/// The length of an entry.
pub(super) const ENTRY: usize = 16;
/// The length of a record in bytes, whatever the size of a sector.
pub(super) const RECORD: usize = 512;
/// Linux reads 60 logical partitions.
pub(super) const MOST_LOGICAL: usize = 256;

/// An entry of a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// 0x80 in the one that is booted from.
    pub(super) active: u8,
    pub(super) kind: u8,
    /// In sectors.
    pub(super) start: u32,
    pub(super) count: u32,
}

impl Entry {
    /// The entries of a record.
    pub(super) fn of(record: &[u8]) -> [Self; 4] {
        [0, 1, 2, 3].map(|slot| {
            let at = ENTRIES + slot * ENTRY;
            Self {
                active: record.get(at).copied().unwrap_or(0),
                kind: record.get(at + 4).copied().unwrap_or(0),
                start: Endian::Little.u32(record, at + 8),
                count: Endian::Little.u32(record, at + 12),
            }
        })
    }

    pub(super) fn is_used(&self) -> bool {
        self.kind != 0 && self.count != 0
    }

    pub(super) fn is_extended(&self) -> bool {
        PartitionType::Mbr(self.kind).is_extended()
    }
}

/// Whether a record has the signature.
pub(super) fn is_signed(record: &[u8]) -> bool {
    record.get(510..512) == Some(&[0x55, 0xaa])
}

/// Whether this may be the boot sector of a FAT or NTFS file system, which has the signature too.
fn is_boot_sector(record: &[u8]) -> bool {
    let sector = Endian::Little.u16(record, 11);
    let jumps = matches!(record.first(), Some(0xeb | 0xe9));
    jumps && sector.is_power_of_two() && (512..=4096).contains(&sector)
}

/// Reads the table. `None` where there is none.
pub(super) fn read(sectors: &Sectors, unit: Option<u64>) -> io::Result<Option<Table>> {
    if sectors.size() < RECORD as u64 {
        return Ok(None);
    }
    let record = sectors.read(0, RECORD)?;
    let entries = Entry::of(&record);
    let is_empty = !entries.iter().any(Entry::is_used);
    // Code and text where the entries would be.
    let is_code = entries.iter().any(|entry| entry.active & 0x7f != 0);
    if !is_signed(&record) || is_code || is_empty && is_boot_sector(&record) {
        return Ok(None);
    }
    let unit = unit.unwrap_or_else(|| likely_unit(&entries, sectors));
    let size = sectors.size();
    let lies_outside = |entry: &Entry| u64::from(entry.start).saturating_mul(unit) >= size;
    let mut used = entries.iter().filter(|entry| entry.is_used());
    if is_boot_sector(&record) && used.all(lies_outside) {
        return Ok(None);
    }

    let mut table = Table::new(Scheme::Mbr, unit, sectors);
    table.id = Some(format!("{:08x}", Endian::Little.u32(&record, 440)));
    for (slot, entry) in (1..).zip(entries) {
        if entry.is_used() {
            let (start, count) = (u64::from(entry.start), u64::from(entry.count));
            let kind = PartitionType::Mbr(entry.kind);
            let mut partition = Partition::new(slot, kind, start, count, unit);
            partition.attributes = u64::from(entry.active);
            table.partitions.push(partition);
        }
    }
    for entry in entries.iter().filter(|e| e.is_used() && e.is_extended()) {
        read_chain(&mut table, entry, sectors);
    }
    for partition in &mut table.partitions {
        let system = match partition.kind {
            PartitionType::Mbr(0xa5) => Bsd::FreeBsd,
            PartitionType::Mbr(0xa6) => Bsd::OpenBsd,
            PartitionType::Mbr(0xa9) => Bsd::NetBsd,
            _ => continue,
        };
        // Whoever cannot read the label can have the partition.
        let place = partition.offset..partition.end();
        partition.nested = bsd::read(sectors, place, Some(system)).unwrap_or(None);
    }
    Ok(Some(table))
}

/// What the table counts in: the disk's blocks, unless it would end beyond the disk and does not
/// in sectors of 512 bytes.
fn likely_unit(entries: &[Entry; 4], sectors: &Sectors) -> u64 {
    let fits = |unit: u64| {
        entries.iter().filter(|entry| entry.is_used()).all(|entry| {
            let end = u64::from(entry.start) + u64::from(entry.count);
            end.saturating_mul(unit) <= sectors.size()
        })
    };
    match !fits(sectors.block) && fits(512) {
        true => 512,
        false => sectors.block,
    }
}

/// A record of the chain.
struct Link {
    /// Its partition, counted from the record.
    data: Option<Entry>,
    /// The next record, in sectors from the start of the extended partition.
    next: Option<u32>,
}

/// Reads one record of the chain.
fn read_link(sectors: &Sectors, unit: u64, record: u64) -> Result<Link, String> {
    let at = record.saturating_mul(unit);
    let bytes = sectors
        .read(at, RECORD)
        .map_err(|error| error.to_string())?;
    if !is_signed(&bytes) {
        return Err("a record of logical partitions ends with 55 AA".to_owned());
    }
    let entries = Entry::of(&bytes);
    let used = |entry: &&Entry| entry.is_used();
    let data = entries.iter().filter(used).find(|e| !e.is_extended());
    let next = entries.iter().filter(used).find(|e| e.is_extended());
    Ok(Link {
        data: data.copied(),
        next: next.map(|entry| entry.start),
    })
}

/// Adds the logical partitions of an extended one.
fn read_chain(table: &mut Table, extended: &Entry, sectors: &Sectors) {
    let unit = table.sector_size;
    let first = u64::from(extended.start);
    let end = first + u64::from(extended.count);
    let mut seen = Vec::new();
    let mut record = first;
    loop {
        let at = record.saturating_mul(unit);
        if seen.contains(&record) {
            table.problems.push(Problem::ChainLoops { at });
            return;
        }
        if seen.len() >= MOST_LOGICAL {
            let limit = MOST_LOGICAL;
            table.problems.push(Problem::TooMany { limit });
            return;
        }
        seen.push(record);
        let link = match read_link(sectors, unit, record) {
            Ok(link) => link,
            // An extended partition that was never used has no record.
            Err(_) if record == first && sectors.read(at, RECORD).is_ok() => return,
            Err(reason) => {
                table.problems.push(Problem::CutShort { at, reason });
                return;
            }
        };
        if let Some(data) = link.data {
            let (start, count) = (record + u64::from(data.start), u64::from(data.count));
            let logical = table.partitions.iter().filter(|p| p.number > 4).count();
            let kind = PartitionType::Mbr(data.kind);
            let mut partition = Partition::new(logical as u32 + 5, kind, start, count, unit);
            partition.attributes = u64::from(data.active);
            if record < first || start < first || start + count > end {
                partition.problems.push(Problem::OutsideContainer {
                    container: "the extended partition".to_owned(),
                });
            }
            table.partitions.push(partition);
        }
        match link.next {
            Some(next) => record = first + u64::from(next),
            None => return,
        }
    }
}
