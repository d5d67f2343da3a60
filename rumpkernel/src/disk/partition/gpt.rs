//! GUID partition tables.
//!
//! By the UEFI specification, "GUID Partition Table (GPT) Disk Layout": a header in the second
//! sector and another in the last, each with a checksum of itself and of the entries that it leads
//! to.

use std::io;

use super::crc32::crc32;
use super::sectors::{Endian::Little, Sectors, guid};
use super::{Bsd, Guid, Partition, PartitionType, Problem, Scheme, Table, bsd};

/// The first bytes of a header.
pub(super) const SIGNATURE: &[u8; 8] = b"EFI PART";
/// The length of a header without what later versions may add.
pub(super) const HEADER: usize = 92;
/// The size of the entries of everybody's tables.
pub(super) const ENTRY: usize = 128;
/// More than any tool makes; each is looked at.
const MOST_ENTRIES: u32 = 16 << 10;
/// The most bytes of entries that are read.
const MOST_BYTES: u64 = 4 << 20;

/// A header that is good, with its entries.
#[derive(Clone, Debug)]
pub(super) struct Header {
    /// The bytes of the header, as many as it says.
    pub(super) bytes: Vec<u8>,
    pub(super) entries: Vec<u8>,
    /// The size of an entry in bytes.
    pub(super) entry_size: usize,
}

impl Header {
    /// Where the other header is, in sectors.
    pub(super) fn other(&self) -> u64 {
        Little.u64(&self.bytes, 32)
    }

    /// The sectors that partitions may have: the first, and the one behind the last.
    pub(super) fn usable(&self) -> std::ops::Range<u64> {
        Little.u64(&self.bytes, 40)..Little.u64(&self.bytes, 48).saturating_add(1)
    }

    pub(super) fn disk(&self) -> Guid {
        guid(&self.bytes, 56)
    }

    /// Where the entries are, in sectors.
    pub(super) fn entries_at(&self) -> u64 {
        Little.u64(&self.bytes, 72)
    }

    /// Reads and checks the header in this sector and its entries. An error says what is wrong.
    pub(super) fn read(sectors: &Sectors, unit: u64, place: u64) -> Result<Self, String> {
        let text = |error: io::Error| error.to_string();
        let sector = usize::try_from(unit).map_err(|error| error.to_string())?;
        let mut bytes = sectors
            .read(place.saturating_mul(unit), sector)
            .map_err(text)?;
        if !bytes.starts_with(SIGNATURE) {
            return Err(format!("sector {place} has no header"));
        }
        let length = Little.u32(&bytes, 12) as usize;
        if !(HEADER..=sector).contains(&length) {
            return Err(format!("the header says that it has {length} bytes"));
        }
        bytes.truncate(length);
        let mut unsummed = bytes.clone();
        unsummed[16..20].fill(0);
        if crc32(&unsummed) != Little.u32(&bytes, 16) {
            return Err("the header's checksum is wrong".to_owned());
        }
        let own = Little.u64(&bytes, 24);
        if own != place {
            return Err(format!("the header is for sector {own}, and in {place}"));
        }
        let (count, size) = (Little.u32(&bytes, 80), Little.u32(&bytes, 84));
        let total = u64::from(count) * u64::from(size);
        let is_known = size.is_power_of_two() && (ENTRY as u32..=4096).contains(&size);
        if !is_known || count > MOST_ENTRIES || total > MOST_BYTES {
            return Err(format!("it has {count} entries of {size} bytes each"));
        }
        let at = Little.u64(&bytes, 72).saturating_mul(unit);
        // At most the bound above.
        let entries = sectors.read(at, total as usize).map_err(text)?;
        if crc32(&entries) != Little.u32(&bytes, 88) {
            return Err("the entries' checksum is wrong".to_owned());
        }
        Ok(Self {
            bytes,
            entries,
            entry_size: size as usize,
        })
    }
}

/// Both headers of a disk, each good or with what is wrong with it.
pub(super) struct Both {
    pub(super) primary: Result<Header, String>,
    pub(super) backup: Result<Header, String>,
    /// Where the backup is, or should be, in sectors.
    pub(super) backup_at: u64,
}

impl Both {
    pub(super) fn read(sectors: &Sectors, unit: u64) -> Self {
        let primary = Header::read(sectors, unit, 1);
        let last = (sectors.size() / unit).saturating_sub(1);
        let backup_at = primary.as_ref().map_or(last, Header::other);
        let backup = Header::read(sectors, unit, backup_at);
        Self {
            primary,
            backup,
            backup_at,
        }
    }
}

/// What there is of a table.
pub(super) enum Found {
    Nothing,
    /// A header that cannot be used, and why.
    Damaged(String),
    Table(Table),
}

/// The sizes of sectors that tables are looked for with: the disk's first.
pub(super) fn units(sectors: &Sectors, unit: Option<u64>) -> Vec<u64> {
    match unit {
        Some(unit) => vec![unit],
        None => {
            let mut units = vec![sectors.block];
            units.extend(
                [512, 4096, 2048, 1024]
                    .iter()
                    .filter(|u| **u != sectors.block),
            );
            units
        }
    }
}

/// Reads the table.
pub(super) fn read(sectors: &Sectors, unit: Option<u64>) -> Found {
    let mut damage = None;
    for unit in units(sectors, unit) {
        let both = Both::read(sectors, unit);
        match table(sectors, unit, &both) {
            Some(table) => return Found::Table(table),
            None => {
                let is_header = |at: u64| {
                    let bytes = sectors.read(at.saturating_mul(unit), SIGNATURE.len());
                    bytes.is_ok_and(|bytes| bytes == SIGNATURE)
                };
                if let (Err(primary), Err(backup)) = (&both.primary, &both.backup)
                    && damage.is_none()
                    && (is_header(1) || is_header(both.backup_at))
                {
                    damage = Some(format!("primary: {primary}; backup: {backup}"));
                }
            }
        }
    }
    damage.map_or(Found::Nothing, Found::Damaged)
}

/// The table of the better header.
fn table(sectors: &Sectors, unit: u64, both: &Both) -> Option<Table> {
    let mut table = Table::new(Scheme::Gpt, unit, sectors);
    let header = match (&both.primary, &both.backup) {
        (Ok(primary), Ok(backup)) => {
            if primary.entries != backup.entries || primary.disk() != backup.disk() {
                table.problems.push(Problem::BackupDiffers);
            }
            primary
        }
        (Ok(primary), Err(reason)) => {
            let reason = reason.clone();
            table.problems.push(Problem::BackupBad { reason });
            primary
        }
        (Err(reason), Ok(backup)) => {
            let reason = reason.clone();
            table.problems.push(Problem::PrimaryBad { reason });
            backup
        }
        (Err(_), Err(_)) => return None,
    };
    if both.backup_at != (sectors.size() / unit).saturating_sub(1) {
        let at = both.backup_at.saturating_mul(unit);
        table.problems.push(Problem::BackupNotAtEnd { at });
    }
    table.id = Some(header.disk().to_string());
    let usable = header.usable();
    for (number, entry) in (1..).zip(header.entries.chunks_exact(header.entry_size)) {
        let kind = guid(entry, 0);
        if kind == Guid::NIL {
            continue;
        }
        let (first, last) = (Little.u64(entry, 32), Little.u64(entry, 40));
        // The last sector is the partition's.
        let count = last.checked_sub(first).map(|more| more.saturating_add(1));
        let kind = PartitionType::Gpt(kind);
        let mut partition = Partition::new(number, kind, first, count.unwrap_or(0), unit);
        if count.is_none() {
            partition.problems.push(Problem::EndBeforeStart);
        } else if first < usable.start || last >= usable.end {
            let container = "the part of the disk that the GPT has for partitions".to_owned();
            partition
                .problems
                .push(Problem::OutsideContainer { container });
        }
        partition.attributes = Little.u64(entry, 48);
        partition.name = Some(name(entry)).filter(|name| !name.is_empty());
        table.partitions.push(partition);
    }
    Some(table)
}

/// The name in an entry: UTF-16 of 36 units, which a zero may end.
fn name(entry: &[u8]) -> String {
    let units = (56..ENTRY).step_by(2).map(|at| Little.u16(entry, at));
    let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
    String::from_utf16_lossy(&units)
}

/// Reads the disklabels in partitions that are for one.
pub(super) fn read_labels(table: &mut Table, sectors: &Sectors) {
    const FREEBSD: Guid = Guid::from_u128(0x516e7cb4_6ecf_11d6_8ff8_00022d09712b);
    const OPENBSD: Guid = Guid::from_u128(0x824cc7a0_36a8_11e3_890a_952519ad3f61);
    for partition in &mut table.partitions {
        let system = match partition.kind {
            PartitionType::Gpt(FREEBSD) => Bsd::FreeBsd,
            PartitionType::Gpt(OPENBSD) => Bsd::OpenBsd,
            _ => continue,
        };
        // Whoever cannot read the label can have the partition.
        let place = partition.offset..partition.end();
        partition.nested = bsd::read(sectors, place, Some(system)).unwrap_or(None);
    }
}
