//! Writing MBRs, and chains of logical partitions.

use super::Put;
use super::entry::Entry;
use crate::disk::partition::PartitionError;
use crate::disk::partition::PartitionType;
use crate::disk::partition::mbr::{ENTRIES, ENTRY, RECORD};
use crate::disk::partition::sectors::Sectors;

/// What an MBR has besides partitions.
#[derive(Clone, Debug)]
pub(super) struct Mbr {
    /// The record as it was, or as it will be, with the boot code and the disk signature.
    record: Vec<u8>,
    /// What other tables have left is removed.
    is_new: bool,
}

impl Mbr {
    pub(super) fn create() -> Result<Self, PartitionError> {
        let mut record = vec![0; RECORD];
        getrandom::fill(&mut record[440..444])
            .map_err(|error| PartitionError::NoRandomNumbers(std::io::Error::other(error)))?;
        Ok(Self {
            record,
            is_new: true,
        })
    }

    pub(super) fn open(sectors: &Sectors) -> Result<Self, PartitionError> {
        let record = sectors.read(0, RECORD);
        Ok(Self {
            record: record.map_err(|source| PartitionError::Read {
                disk: sectors.disk.name().into_owned(),
                source,
            })?,
            is_new: false,
        })
    }

    pub(super) fn write(
        &self,
        put: &Put,
        entries: &[Entry],
        unit: u64,
    ) -> Result<(), PartitionError> {
        if let Some(extended) = entries.iter().find(|entry| entry.kind.is_extended()) {
            write_chain(put, entries, extended, unit)?;
            put.flush()?;
        }
        let mut record = self.record.clone();
        record[ENTRIES..ENTRIES + 4 * ENTRY].fill(0);
        for entry in entries.iter().filter(|entry| !entry.is_logical) {
            let slot = entry.number.clamp(1, 4) as usize - 1;
            fill(&mut record, slot, entry, entry.start, 0)?;
        }
        record[510..512].copy_from_slice(&[0x55, 0xaa]);
        put.bytes(&record, 0)?;
        put.flush()?;
        if self.is_new {
            put.wipe_gpt()?;
            // An Apple map, and disklabels.
            put.wipe(b"PM", 512)?;
            put.wipe(&[0x57, 0x45, 0x56, 0x82], 512)?;
            put.wipe(&[0x82, 0x56, 0x45, 0x57], 512)?;
            put.flush()?;
        }
        Ok(())
    }
}

/// Writes an entry of a record; its start is counted from `base`.
fn fill(
    record: &mut [u8],
    slot: usize,
    entry: &Entry,
    start: u64,
    base: u64,
) -> Result<(), PartitionError> {
    let PartitionType::Mbr(kind) = entry.kind else {
        return Err(PartitionError::refused("a type of another kind of table"));
    };
    let first = u32::try_from(start.wrapping_sub(base));
    let (Ok(first), Ok(count)) = (first, u32::try_from(entry.count)) else {
        return Err(PartitionError::refused(format!(
            "partition {} has more sectors than an MBR can say",
            entry.number
        )));
    };
    let bytes = &mut record[ENTRIES + slot * ENTRY..][..ENTRY];
    bytes[0] = entry.attributes as u8;
    bytes[1..4].copy_from_slice(&cylinders(start));
    bytes[4] = kind;
    bytes[5..8].copy_from_slice(&cylinders(entry.place().end - 1));
    bytes[8..12].copy_from_slice(&first.to_le_bytes());
    bytes[12..].copy_from_slice(&count.to_le_bytes());
    Ok(())
}

/// A sector by cylinder, head and sector of a disk with 255 heads and 63 sectors, as far as that
/// goes.
fn cylinders(sector: u64) -> [u8; 3] {
    let (track, within) = (sector / 63, sector % 63 + 1);
    let (cylinder, head) = (track / 255, track % 255);
    match cylinder < 1024 {
        true => [
            head as u8,
            (within | (cylinder >> 8) << 6) as u8,
            cylinder as u8,
        ],
        false => [0xfe, 0xff, 0xff],
    }
}

/// Writes the records of logical partitions, in the order of their places, from the last one on:
/// each leads to one that is there.
fn write_chain(
    put: &Put,
    entries: &[Entry],
    extended: &Entry,
    unit: u64,
) -> Result<(), PartitionError> {
    let logical: Vec<&Entry> = entries.iter().filter(|entry| entry.is_logical).collect();
    // Each record lies right before its partition, but the first is where the chain begins.
    let place = |index: usize| match index {
        0 => extended.start,
        _ => logical[index].start.saturating_sub(1),
    };
    for (index, entry) in logical.iter().enumerate() {
        let behind = match index.checked_sub(1) {
            Some(before) => logical[before].place().end,
            None => extended.start,
        };
        if place(index) < behind || entry.start <= place(index) {
            return Err(PartitionError::refused(format!(
                "logical partition {} has no sector before it for its record",
                entry.number
            )));
        }
    }
    for index in (0..logical.len().max(1)).rev() {
        let mut record = vec![0; RECORD];
        if let Some(entry) = logical.get(index) {
            fill(&mut record, 0, entry, entry.start, place(index))?;
        }
        if let Some(next) = logical.get(index + 1) {
            let start = place(index + 1);
            let link = Entry {
                kind: PartitionType::Mbr(0x05),
                attributes: 0,
                start,
                count: next.place().end - start,
                ..(*next).clone()
            };
            fill(&mut record, 1, &link, start, extended.start)?;
        }
        record[510..].copy_from_slice(&[0x55, 0xaa]);
        put.bytes(&record, place(index).saturating_mul(unit))?;
    }
    Ok(())
}
