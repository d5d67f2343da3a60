//! Writing GUID partition tables.

use std::ops::Range;

use super::Put;
use super::entry::Entry;
use crate::disk::partition::crc32::crc32;
use crate::disk::partition::gpt::{Both, ENTRY, HEADER, Header, SIGNATURE};
use crate::disk::partition::mbr::{self, ENTRIES, RECORD};
use crate::disk::partition::sectors::{Sectors, guid};
use crate::disk::partition::{Guid, PartitionError, PartitionType};

/// How many entries a new table has.
const COUNT: u32 = 128;

/// What a GPT has besides partitions.
#[derive(Clone, Debug)]
pub(super) struct Gpt {
    header: Header,
    /// In sectors.
    backup_at: u64,
    backup_entries_at: u64,
    primary_entries_at: u64,
    /// The MBR has to be written.
    is_unprotected: bool,
}

impl Gpt {
    /// An empty table for a disk of so many sectors.
    pub(super) fn create(count: u64, unit: u64) -> Result<Self, PartitionError> {
        let entries = vec![0; COUNT as usize * ENTRY];
        let room = (entries.len() as u64).div_ceil(unit);
        let Some(last) = count.checked_sub(1).filter(|last| *last > 2 * room + 3) else {
            let reason = format!("a disk of {count} sectors has no room for a GPT");
            return Err(PartitionError::refused(reason));
        };
        let mut bytes = vec![0; HEADER];
        let mut set = |at: usize, value: &[u8]| bytes[at..][..value.len()].copy_from_slice(value);
        set(0, SIGNATURE);
        set(8, &0x0001_0000_u32.to_le_bytes());
        set(12, &(HEADER as u32).to_le_bytes());
        set(40, &(2 + room).to_le_bytes());
        set(48, &(last - room - 1).to_le_bytes());
        set(56, &Guid::random()?.to_disk());
        set(80, &COUNT.to_le_bytes());
        set(84, &(ENTRY as u32).to_le_bytes());
        Ok(Self {
            header: Header {
                bytes,
                entries,
                entry_size: ENTRY,
            },
            backup_at: last,
            backup_entries_at: last - room,
            primary_entries_at: 2,
            is_unprotected: true,
        })
    }

    /// The table of a disk, of which one header at least is good; both are written.
    pub(super) fn open(sectors: &Sectors, unit: u64) -> Result<Self, PartitionError> {
        let both = Both::read(sectors, unit);
        let damaged = |reason: String| PartitionError::Damaged {
            disk: sectors.disk.name().into_owned(),
            scheme: crate::disk::partition::Scheme::Gpt,
            reason,
        };
        let primary_entries = both.primary.as_ref().map(Header::entries_at).ok();
        let backup_entries = both.backup.as_ref().map(Header::entries_at).ok();
        let header = both.primary.or(both.backup).map_err(damaged)?;
        let room = (header.entries.len() as u64).div_ceil(unit);
        let (first, usable) = (primary_entries.unwrap_or(2), header.usable());
        let before_backup = both.backup_at.saturating_sub(room);
        let second = backup_entries.unwrap_or(before_backup);
        let count = sectors.size() / unit;
        let is_apart = |at: u64| at + room <= usable.start || at >= usable.end;
        let is_sound = first >= 2
            && first < count
            && second < count
            && is_apart(first)
            && is_apart(second)
            && both.backup_at >= usable.end
            && both.backup_at < count
            && first.abs_diff(second) >= room;
        if !is_sound {
            return Err(damaged(
                "its headers and entries are on each other".to_owned(),
            ));
        }
        let record = sectors.read(0, RECORD).unwrap_or_default();
        let entries = mbr::Entry::of(&record);
        let is_protected = mbr::is_signed(&record) && entries.iter().any(|e| e.kind == 0xee);
        Ok(Self {
            header,
            backup_at: both.backup_at,
            backup_entries_at: second,
            primary_entries_at: first,
            is_unprotected: !is_protected,
        })
    }

    pub(super) fn usable(&self) -> Range<u64> {
        self.header.usable()
    }

    pub(super) fn count(&self) -> u32 {
        (self.header.entries.len() / self.header.entry_size) as u32
    }

    /// The GUID of a partition that was read.
    pub(super) fn guid(&self, number: u32) -> Guid {
        let index = number.saturating_sub(1) as usize;
        guid(&self.header.entries, index * self.header.entry_size + 16)
    }

    pub(super) fn write(
        &self,
        put: &Put,
        entries: &[Entry],
        unit: u64,
    ) -> Result<(), PartitionError> {
        let bytes = self.entries(entries)?;
        let sum = crc32(&bytes);
        let place = |sector: u64| sector.saturating_mul(unit);
        put.bytes(&bytes, place(self.backup_entries_at))?;
        let backup = self.header(self.backup_at, 1, self.backup_entries_at, sum);
        put.bytes(&backup, place(self.backup_at))?;
        put.flush()?;
        put.bytes(&bytes, place(self.primary_entries_at))?;
        // With new entries, the old header's checksum of them is wrong: the backup counts.
        put.flush()?;
        let primary = self.header(1, self.backup_at, self.primary_entries_at, sum);
        put.bytes(&primary, place(1))?;
        put.flush()?;
        if self.is_unprotected {
            let mut record = protection(put.sectors().size() / unit);
            record.resize(unit.max(RECORD as u64) as usize, 0);
            put.bytes(&record, 0)?;
            put.flush()?;
        }
        Ok(())
    }

    /// The table's entries: those that stay keep what is not known here.
    fn entries(&self, entries: &[Entry]) -> Result<Vec<u8>, PartitionError> {
        let mut bytes = self.header.entries.clone();
        for (number, slot) in (1..).zip(bytes.chunks_exact_mut(self.header.entry_size)) {
            let Some(entry) = entries.iter().find(|entry| entry.number == number) else {
                slot.fill(0);
                continue;
            };
            let PartitionType::Gpt(kind) = entry.kind else {
                return Err(PartitionError::refused("a type of another kind of table"));
            };
            slot[..16].copy_from_slice(&kind.to_disk());
            slot[16..32].copy_from_slice(&entry.guid.to_disk());
            slot[32..40].copy_from_slice(&entry.start.to_le_bytes());
            let last = entry.place().end.saturating_sub(1);
            slot[40..48].copy_from_slice(&last.to_le_bytes());
            slot[48..56].copy_from_slice(&entry.attributes.to_le_bytes());
            slot[56..ENTRY].fill(0);
            let name = entry.name.as_deref().unwrap_or_default();
            for (unit, place) in name.encode_utf16().zip(slot[56..ENTRY].chunks_exact_mut(2)) {
                place.copy_from_slice(&unit.to_le_bytes());
            }
        }
        Ok(bytes)
    }

    /// A header in a sector, with the other one's place and that of its entries.
    fn header(&self, own: u64, other: u64, entries_at: u64, entries_sum: u32) -> Vec<u8> {
        let mut bytes = self.header.bytes.clone();
        bytes[16..20].fill(0);
        bytes[24..32].copy_from_slice(&own.to_le_bytes());
        bytes[32..40].copy_from_slice(&other.to_le_bytes());
        bytes[72..80].copy_from_slice(&entries_at.to_le_bytes());
        bytes[88..92].copy_from_slice(&entries_sum.to_le_bytes());
        let sum = crc32(&bytes);
        bytes[16..20].copy_from_slice(&sum.to_le_bytes());
        bytes
    }
}

/// An MBR with one partition of all sectors, so that programs which know no GPT see no free disk.
fn protection(count: u64) -> Vec<u8> {
    let mut record = vec![0; RECORD];
    let rest = u32::try_from(count.saturating_sub(1)).unwrap_or(u32::MAX);
    let entry = &mut record[ENTRIES..][..mbr::ENTRY];
    entry[..8].copy_from_slice(&[0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff]);
    entry[8..12].copy_from_slice(&1_u32.to_le_bytes());
    entry[12..].copy_from_slice(&rest.to_le_bytes());
    record[510..].copy_from_slice(&[0x55, 0xaa]);
    record
}
