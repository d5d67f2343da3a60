//! A partition table as it was read, and its partitions.

use super::sectors::Sectors;
use super::{PartitionType, Problem, Scheme};

/// A partition table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub(super) scheme: Scheme,
    /// In bytes.
    pub(super) sector_size: u64,
    pub(super) id: Option<String>,
    pub(super) partitions: Vec<Partition>,
    pub(super) problems: Vec<Problem>,
}

impl Table {
    /// Its kind.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The size of the sectors that it counts in, in bytes.
    pub fn sector_size(&self) -> u64 {
        self.sector_size
    }

    /// The table's name of the disk: a GPT its GUID, an MBR the disk signature in hexadecimal
    /// digits, a disklabel the name of the pack.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Its partitions, in the order of the table. Entries that are not used are left out.
    pub fn partitions(&self) -> &[Partition] {
        &self.partitions
    }

    /// The defects of the table as a whole.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    pub(super) fn new(scheme: Scheme, sector_size: u64, sectors: &Sectors) -> Self {
        let problems = match sectors.block {
            // A disklabel and an Apple map say what they count in.
            disk if disk != sector_size && matches!(scheme, Scheme::Mbr | Scheme::Gpt) => {
                vec![Problem::OtherSectorSize {
                    table: sector_size,
                    disk,
                }]
            }
            _ => Vec::new(),
        };
        Self {
            scheme,
            sector_size,
            id: None,
            partitions: Vec::new(),
            problems,
        }
    }

    /// Gives the partitions their addresses, below the one that the table lies in.
    pub(super) fn name_partitions(&mut self, parent: Option<&str>) {
        for partition in &mut self.partitions {
            let number = partition.number;
            let own = match (self.scheme, partition.letter) {
                (_, Some(letter)) => letter.to_string(),
                (Scheme::Mbr, None) => format!("MBR{number}"),
                (Scheme::Gpt, None) => format!("GPT{number}"),
                (Scheme::Apple, None) => format!("APM{number}"),
                (Scheme::Bsd(_), None) => format!("BSD{number}"),
            };
            partition.address = match parent {
                Some(parent) => format!("{parent}/{own}"),
                None => own,
            };
            if let Some(nested) = &mut partition.nested {
                nested.name_partitions(Some(&partition.address));
            }
        }
    }

    /// All partitions of it, each followed by those that lie in it.
    pub(super) fn all(&self) -> impl Iterator<Item = &Partition> {
        self.partitions.iter().flat_map(|partition| {
            let nested = partition.nested.iter();
            std::iter::once(partition).chain(nested.flat_map(|table| &table.partitions))
        })
    }
}

/// A partition of a disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    pub(super) number: u32,
    pub(super) letter: Option<char>,
    pub(super) name: Option<String>,
    pub(super) kind: PartitionType,
    pub(super) offset: u64,
    pub(super) size: u64,
    pub(super) attributes: u64,
    pub(super) problems: Vec<Problem>,
    pub(super) address: String,
    pub(super) nested: Option<Table>,
}

impl Partition {
    /// A partition of so many sectors. What does not fit into 64 bits ends at the last byte that
    /// does, which is beyond every disk.
    pub(super) fn new(number: u32, kind: PartitionType, start: u64, count: u64, unit: u64) -> Self {
        let offset = start.saturating_mul(unit);
        let size = count.saturating_mul(unit).min(u64::MAX - offset);
        Self {
            number,
            letter: None,
            name: None,
            kind,
            offset,
            size,
            attributes: 0,
            problems: Vec::new(),
            address: String::new(),
            nested: None,
        }
    }

    /// The address that leads to this partition and no other: see
    /// [`Partitions::find`](super::Partitions::find).
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its number in the table, from 1: of an MBR, logical partitions from 5; of a disklabel, 1 for
    /// `a`.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// Its letter, in a disklabel.
    pub fn letter(&self) -> Option<char> {
        self.letter
    }

    /// Its name, in a GPT or an Apple map.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The type of its contents, as the table says.
    pub fn kind(&self) -> &PartitionType {
        &self.kind
    }

    /// Where it begins on the disk, in bytes.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Its size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Where it ends on the disk, in bytes.
    pub fn end(&self) -> u64 {
        self.offset.saturating_add(self.size)
    }

    /// The attributes as the table has them: the boot indicator of an MBR, the 64 bits of a GPT,
    /// the status of an Apple map.
    pub fn attributes(&self) -> u64 {
        self.attributes
    }

    /// Returns whether a computer boots from it: active in an MBR, bootable by a BIOS in a GPT or by
    /// the firmware in an Apple map.
    pub fn is_active(&self) -> bool {
        match self.kind {
            PartitionType::Mbr(_) => self.attributes & 0x80 != 0,
            PartitionType::Gpt(_) => self.attributes & 1 << 2 != 0,
            PartitionType::Apple(_) => self.attributes & 1 << 3 != 0,
            PartitionType::Bsd(..) => false,
        }
    }

    /// Returns whether it contains other partitions: an MBR's extended one, or one with a disklabel.
    pub fn is_container(&self) -> bool {
        self.kind.is_extended() || self.nested.is_some()
    }

    /// The table that lies in it: a disklabel.
    pub fn nested(&self) -> Option<&Table> {
        self.nested.as_ref()
    }

    /// Its defects.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}
