//! Apple partition maps.
//!
//! By "Inside Macintosh: Devices", chapter 3: the driver descriptor in block 0 has the size of the
//! blocks, and from block 1 on each block is an entry, among them one for the map itself. Disks for
//! drives of CDs have blocks of 2048 bytes, and often a map of 512 as well.

use std::io;

use super::sectors::{Endian::Big, Sectors, text};
use super::{Partition, PartitionType, Problem, Scheme, Table};

/// More than any map has.
const MOST_ENTRIES: u32 = 1024;
/// The length of what an entry says.
const ENTRY: usize = 136;

/// Reads the map. `None` where there is none.
pub(super) fn read(sectors: &Sectors) -> io::Result<Option<Table>> {
    if sectors.size() < 1024 {
        return Ok(None);
    }
    let descriptor = sectors.read(0, 512)?;
    let described = match descriptor.starts_with(b"ER") {
        true => u64::from(Big.u16(&descriptor, 2)),
        // A map without a driver descriptor, as some images have.
        false => 512,
    };
    let units = [described, 512, 2048].into_iter();
    let mut units = units.filter(|unit| unit.is_power_of_two() && (512..=32768).contains(unit));
    let is_map = |unit: &u64| {
        let entry = sectors.read(*unit, ENTRY).unwrap_or_default();
        let is_itself = text(entry.get(48..80).unwrap_or(&[])) == "Apple_partition_map";
        entry.starts_with(b"PM") && (descriptor.starts_with(b"ER") || is_itself)
    };
    let Some(unit) = units.find(is_map) else {
        return Ok(None);
    };

    let mut table = Table::new(Scheme::Apple, unit, sectors);
    let count = Big.u32(&sectors.read(unit, ENTRY)?, 4);
    if count > MOST_ENTRIES {
        let limit = MOST_ENTRIES as usize;
        table.problems.push(Problem::TooMany { limit });
    }
    for number in 1..=count.min(MOST_ENTRIES) {
        let at = u64::from(number) * unit;
        let entry = match sectors.read(at, ENTRY) {
            Ok(entry) if entry.starts_with(b"PM") => entry,
            other => {
                let reason = match other {
                    Ok(_) => format!("entry {number} of {count} does not begin with PM"),
                    Err(error) => error.to_string(),
                };
                table.problems.push(Problem::CutShort { at, reason });
                break;
            }
        };
        let (start, blocks) = (Big.u32(&entry, 8), Big.u32(&entry, 12));
        let kind = PartitionType::Apple(text(&entry[48..80]));
        let mut partition = Partition::new(number, kind, u64::from(start), u64::from(blocks), unit);
        partition.name = Some(text(&entry[16..48])).filter(|name| !name.is_empty());
        partition.attributes = u64::from(Big.u32(&entry, 88));
        table.partitions.push(partition);
    }
    Ok(Some(table))
}
