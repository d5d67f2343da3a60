//! Writing NetBSD's disklabels.

use std::ops::Range;

use super::Put;
use super::entry::Entry;
use crate::disk::partition::bsd::{self, CHECKSUM, ENTRY, MAGIC, MAGIC_2, PARTITIONS};
use crate::disk::partition::sectors::{Endian, Sectors};
use crate::disk::partition::{Bsd, Guid, PartitionError, PartitionType};

/// How many partitions a new label has room for, as on x86.
const COUNT: usize = 16;
/// Where labels are on most machines, in bytes from the start of the part that they are for.
const PLACE: u64 = 512;
/// The first bytes of a part that are for boot code and the label, if a partition has a choice.
const BOOT: u64 = 64 << 10;

/// What a label has besides partitions.
#[derive(Clone, Debug)]
pub(super) struct Label {
    bytes: Vec<u8>,
    endian: Endian,
    /// Where it is on the disk, in bytes.
    at: u64,
    /// What it is for, in sectors.
    place: Range<u64>,
    unit: u64,
    /// What other tables have left at the start of the disk is removed.
    is_replacing: bool,
}

/// `c`, what the label is for, and `d`, the whole disk.
pub(super) fn raw_entries(place: &Range<u64>, total: u64) -> Vec<Entry> {
    let raw = |number: u32, place: &Range<u64>| Entry {
        number,
        start: place.start,
        count: place.end - place.start,
        kind: PartitionType::Bsd(Bsd::NetBsd, 0),
        name: None,
        attributes: 0,
        guid: Guid::NIL,
        is_logical: false,
        is_raw: true,
    };
    vec![raw(3, place), raw(4, &(0..total))]
}

impl Label {
    /// An empty label for a part of a disk, in sectors.
    pub(super) fn create(unit: u64, place: Range<u64>, total: u64, is_replacing: bool) -> Self {
        const TRACKS: u32 = 64;
        const SECTORS: u32 = 32;
        let mut bytes = vec![0; PARTITIONS + COUNT * ENTRY];
        let endian = Endian::Little;
        let total = u32::try_from(total).unwrap_or(u32::MAX);
        let words = [
            (0, MAGIC),
            (40, unit as u32),
            (44, SECTORS),
            (48, TRACKS),
            (52, total / (SECTORS * TRACKS)),
            (56, SECTORS * TRACKS),
            (60, total),
            (MAGIC_2, MAGIC),
            // The sizes of boot blocks and superblocks.
            (140, 8192),
            (144, 8192),
        ];
        for (at, word) in words {
            bytes[at..at + 4].copy_from_slice(&word.to_le_bytes());
        }
        bytes[8..12].copy_from_slice(b"disk");
        bytes[24..34].copy_from_slice(b"fictitious");
        // Turns a minute, and interleave.
        bytes[72..76].copy_from_slice(&[0x10, 0x0e, 1, 0]);
        bytes[CHECKSUM + 2..CHECKSUM + 4].copy_from_slice(&(COUNT as u16).to_le_bytes());
        Self {
            bytes,
            endian,
            at: place.start * unit + PLACE,
            place,
            unit,
            is_replacing,
        }
    }

    /// The label of a part of a disk.
    pub(super) fn open(
        sectors: &Sectors,
        unit: u64,
        place: Range<u64>,
    ) -> Result<Self, PartitionError> {
        let start = place.start * unit;
        let room = (sectors.size().saturating_sub(start)).min(place.end * unit - start);
        // At most what is searched, which is small.
        let length = room.min(bsd::Label::searched(sectors.block)) as usize;
        let bytes = sectors.read(start, length).map_err(|source| {
            let disk = sectors.disk.name().into_owned();
            PartitionError::Read { disk, source }
        })?;
        let Some(label) = bsd::Label::find(&bytes) else {
            return Err(PartitionError::refused("the label is gone"));
        };
        Ok(Self {
            bytes: label.bytes.to_vec(),
            endian: label.endian,
            at: start + label.at as u64,
            place,
            unit,
            is_replacing: false,
        })
    }

    pub(super) fn place(&self) -> Range<u64> {
        self.place.clone()
    }

    pub(super) fn count(&self) -> u32 {
        ((self.bytes.len() - PARTITIONS) / ENTRY) as u32
    }

    /// Leaves room for boot code and the label.
    pub(super) fn spare(&self, gaps: &mut [Range<u64>]) {
        let first = self.place.start + BOOT.div_ceil(self.unit);
        for gap in gaps {
            gap.start = gap.start.max(first).min(gap.end);
        }
    }

    pub(super) fn write(&self, put: &Put, entries: &[Entry]) -> Result<(), PartitionError> {
        let mut bytes = self.bytes.clone();
        let word = |value: u64| {
            let word = u32::try_from(value).map_err(|_| {
                PartitionError::refused("a disklabel has 32 bits for a number of sectors")
            })?;
            Ok::<_, PartitionError>(match self.endian {
                Endian::Little => word.to_le_bytes(),
                Endian::Big => word.to_be_bytes(),
            })
        };
        for (number, slot) in (1..).zip(bytes[PARTITIONS..].chunks_exact_mut(ENTRY)) {
            let Some(entry) = entries.iter().find(|entry| entry.number == number) else {
                slot.fill(0);
                continue;
            };
            let PartitionType::Bsd(_, kind) = entry.kind else {
                return Err(PartitionError::refused("a type of another kind of table"));
            };
            slot[..4].copy_from_slice(&word(entry.count)?);
            slot[4..8].copy_from_slice(&word(entry.start)?);
            slot[12] = kind;
        }
        bytes[CHECKSUM..CHECKSUM + 2].fill(0);
        let sum = bsd::checksum(&bytes, self.endian);
        let sum = match self.endian {
            Endian::Little => sum.to_le_bytes(),
            Endian::Big => sum.to_be_bytes(),
        };
        bytes[CHECKSUM..CHECKSUM + 2].copy_from_slice(&sum);
        put.bytes(&bytes, self.at)?;
        put.flush()?;
        if self.is_replacing {
            put.wipe(b"ER", 0)?;
            put.bytes(&[0; 2], 510)?;
            put.wipe_gpt()?;
            put.flush()?;
        }
        Ok(())
    }
}
