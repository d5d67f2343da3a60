//! BSD disklabels.
//!
//! By disklabel(5) of NetBSD and OpenBSD, and by what FreeBSD's geom_part(4) does with offsets: they
//! count from the start of the disk on NetBSD and OpenBSD; on FreeBSD from the offset of `c`, which
//! is the start of the label's own part of the disk.

use std::io;
use std::ops;

use super::sectors::{Endian, Sectors, text};
use super::{Bsd, Partition, PartitionType, Problem, Scheme, Table};

/// The number at the start of a label, and again behind the description of the disk.
pub(super) const MAGIC: u32 = 0x8256_4557;
/// Where the second number is.
pub(super) const MAGIC_2: usize = 132;
/// Where the checksum is.
pub(super) const CHECKSUM: usize = 136;
/// Where the partitions begin.
pub(super) const PARTITIONS: usize = 148;
/// The length of a partition's entry.
pub(super) const ENTRY: usize = 16;
/// OpenBSD has letters for so many; the others for 8, 16 or 22.
pub(super) const MOST_PARTITIONS: usize = 52;
/// The partition `c`, from 0.
const RAW: usize = 2;

/// The letter of a partition, counted from 0.
pub(super) fn letter(index: usize) -> Option<char> {
    let letters = ('a'..='z').chain('A'..='Z');
    letters.take(MOST_PARTITIONS).nth(index)
}

/// The checksum of a label whose own is 0: all words of 16 bits, by exclusive or.
pub(super) fn checksum(label: &[u8], endian: Endian) -> u16 {
    let words = (0..label.len()).step_by(2).map(|at| endian.u16(label, at));
    words.fold(0, |sum, word| sum ^ word)
}

/// A label that was found.
pub(super) struct Label<'a> {
    pub(super) endian: Endian,
    pub(super) bytes: &'a [u8],
    /// In bytes, from where the search began.
    pub(super) at: usize,
    pub(super) is_sound: bool,
}

impl<'a> Label<'a> {
    /// The label in the first sectors of a part of a disk: one with a good checksum, if there is.
    pub(super) fn find(bytes: &'a [u8]) -> Option<Self> {
        let all = (0..bytes.len()).step_by(4);
        let mut labels = all.filter_map(|at| Self::at(bytes, at));
        let first = labels.next()?;
        if first.is_sound {
            return Some(first);
        }
        Some(labels.find(|label| label.is_sound).unwrap_or(first))
    }

    fn at(all: &'a [u8], at: usize) -> Option<Self> {
        let bytes = &all[at..];
        let endian = match bytes.first_chunk()? {
            first if u32::from_le_bytes(*first) == MAGIC => Endian::Little,
            first if u32::from_be_bytes(*first) == MAGIC => Endian::Big,
            _ => return None,
        };
        let count = usize::from(endian.u16(bytes, CHECKSUM + 2));
        let bytes = bytes.get(..PARTITIONS + count * ENTRY)?;
        if endian.u32(bytes, MAGIC_2) != MAGIC || count > MOST_PARTITIONS {
            return None;
        }
        Some(Self {
            endian,
            bytes,
            at,
            is_sound: checksum(bytes, endian) == 0,
        })
    }

    /// The size of the sectors that it counts in, in bytes.
    pub(super) fn sector_size(&self) -> Option<u64> {
        let size = u64::from(self.endian.u32(self.bytes, 40));
        Some(size).filter(|size| size.is_power_of_two() && (512..=65536).contains(size))
    }

    /// How many bytes may have a label, at the start of a part of a disk.
    pub(super) fn searched(block: u64) -> u64 {
        // Sectors 0 and 1, and room for the longest one that begins in the first kilobyte.
        (2 * block).clamp(2048, 16 << 10)
    }
}

/// Reads the label in a part of the disk, of a system if the type of the part says which.
pub(super) fn read(
    sectors: &Sectors,
    place: ops::Range<u64>,
    system: Option<Bsd>,
) -> io::Result<Option<Table>> {
    let end = place.end.min(sectors.size());
    let room = end.saturating_sub(place.start);
    // At most what is searched, which is small.
    let length = room.min(Label::searched(sectors.block)) as usize;
    let bytes = sectors.read(place.start.min(end), length)?;
    let Some(label) = Label::find(&bytes) else {
        return Ok(None);
    };
    let Some(unit) = label.sector_size() else {
        return Ok(None);
    };
    let (endian, bytes) = (label.endian, label.bytes);
    // Others have zeros there, or what their drivers need.
    let is_wide = endian.u16(bytes, 114) == 1 && matches!(system, None | Some(Bsd::OpenBsd));
    let system = match is_wide {
        true => Bsd::OpenBsd,
        false => system.unwrap_or(Bsd::NetBsd),
    };

    let mut table = Table::new(Scheme::Bsd(system), unit, sectors);
    table.id = Some(text(&bytes[24..40])).filter(|name| !name.is_empty());
    if !label.is_sound {
        table.problems.push(Problem::BadChecksum);
    }
    let entries = bytes[PARTITIONS..].chunks_exact(ENTRY);
    let raw = entries.clone().nth(RAW).map_or(0, |raw| endian.u32(raw, 4));
    for (index, entry) in entries.enumerate() {
        let mut count = u64::from(endian.u32(entry, 0));
        let mut start = u64::from(endian.u32(entry, 4));
        if is_wide {
            start |= u64::from(endian.u16(entry, 8)) << 32;
            count |= u64::from(endian.u16(entry, 10)) << 32;
        }
        if count == 0 {
            continue;
        }
        let kind = PartitionType::Bsd(system, entry[12]);
        let number = index as u32 + 1;
        let mut partition = match system {
            Bsd::FreeBsd => {
                let own = start.checked_sub(u64::from(raw));
                let first = place.start / unit;
                let start = first.saturating_add(own.unwrap_or(start));
                let mut partition = Partition::new(number, kind, start, count, unit);
                if own.is_none() || partition.end() > place.end {
                    let container = "its slice of the disk".to_owned();
                    let outside = Problem::OutsideContainer { container };
                    partition.problems.push(outside);
                }
                partition
            }
            // Both may name partitions of others, outside their own.
            Bsd::NetBsd | Bsd::OpenBsd => Partition::new(number, kind, start, count, unit),
        };
        partition.letter = letter(index);
        table.partitions.push(partition);
    }
    Ok(Some(table))
}
