//! Making and changing partition tables.

mod add;
mod entry;
mod gpt;
mod label;
mod mbr;
mod put;
mod room;

use std::ops::Range;

use super::sectors::Sectors;
use super::{Bsd, Guid, Partition, PartitionError, PartitionType, Partitions, Problem, Scheme};
use crate::disk::Disk;
use entry::Entry;
use put::Put;

pub use entry::NewPartition;

/// A partition table that is made or changed in memory, and then [written](Self::write).
///
/// ```
/// use rumpkernel::disk::MemoryDisk;
/// use rumpkernel::disk::partition::{Edit, NewPartition, PartitionType, Partitions, Problem, Scheme};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let disk = MemoryDisk::zeroed(64 << 20);
/// let mut edit = Edit::create(&disk, Scheme::Gpt)?;
/// edit.add(NewPartition::new(PartitionType::GPT_EFI).size(16 << 20))?;
/// edit.add(NewPartition::new(PartitionType::GPT_NETBSD_FFS).name("root"))?;
/// edit.write(&disk)?;
/// assert_eq!(Partitions::read(&disk)?.find("root")?.offset(), 17 << 20);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Edit {
    form: Form,
    /// The size of a sector in bytes.
    unit: u64,
    /// The size of the disk in bytes.
    size: u64,
    /// In sectors.
    alignment: u64,
    entries: Vec<Entry>,
}

/// What is particular to a kind of table.
#[derive(Clone, Debug)]
enum Form {
    Mbr(mbr::Mbr),
    Gpt(gpt::Gpt),
    Label(label::Label),
}

/// Where partitions begin unless said otherwise, in bytes.
const ALIGNMENT: u64 = 1 << 20;

impl Edit {
    /// An empty table for a disk, in sectors of its [block size](Disk::block_size): an MBR, a GPT,
    /// or a NetBSD disklabel for the whole disk, in its second sector of 512 bytes. Whatever tables
    /// the disk has are replaced when this one is written.
    ///
    /// # Errors
    ///
    /// [`PartitionError::Refused`] for other kinds, and for a disk that has no room;
    /// [`PartitionError::NoRandomNumbers`].
    pub fn create(disk: &dyn Disk, scheme: Scheme) -> Result<Self, PartitionError> {
        let sectors = Sectors::of(disk);
        let mut edit = Self::new(&sectors, sectors.block, Form::Mbr(mbr::Mbr::create()?));
        let count = edit.size / edit.unit;
        edit.form = match scheme {
            Scheme::Mbr => edit.form,
            Scheme::Gpt => Form::Gpt(gpt::Gpt::create(count, edit.unit)?),
            Scheme::Bsd(Bsd::NetBsd) => return edit.with_label(0..count, true),
            other => {
                return Err(PartitionError::refused(format!(
                    "a {other} cannot be made: choose MBR, GPT or NetBSD's disklabel"
                )));
            }
        };
        match edit.usable().is_empty() {
            false => Ok(edit),
            true => Err(edit.too_small()),
        }
    }

    /// An empty NetBSD disklabel in a partition of an MBR.
    ///
    /// # Errors
    ///
    /// [`PartitionError::Refused`] if it does not have the type for it, or has problems.
    pub fn create_label(disk: &dyn Disk, within: &Partition) -> Result<Self, PartitionError> {
        let sectors = Sectors::of(disk);
        if within.kind != PartitionType::MBR_NETBSD || !within.problems.is_empty() {
            return Err(PartitionError::refused(format!(
                "{} is {}: a disklabel needs a sound partition of type {}",
                within.address,
                within.kind,
                PartitionType::MBR_NETBSD
            )));
        }
        let edit = Self::new(&sectors, sectors.block, Form::Mbr(mbr::Mbr::create()?));
        let unit = edit.unit;
        edit.with_label(within.offset / unit..within.end() / unit, false)
    }

    /// The first table of a disk, to be changed.
    ///
    /// # Errors
    ///
    /// Those of [`Partitions::read`]; [`PartitionError::Refused`] for kinds that can only be read.
    pub fn open(disk: &dyn Disk) -> Result<Self, PartitionError> {
        let partitions = Partitions::read(disk)?;
        let sectors = Sectors::of(disk);
        let table = &partitions.tables()[0];
        let extended = table.partitions.iter().filter(|p| p.kind.is_extended());
        let is_cut = |problem: &&Problem| {
            matches!(
                problem,
                Problem::ChainLoops { .. } | Problem::TooMany { .. } | Problem::CutShort { .. }
            )
        };
        // What was not read would be lost.
        if let Some(problem) = table.problems.iter().find(is_cut) {
            return Err(PartitionError::refused(problem.to_string()));
        }
        if extended.count() > 1 {
            let reason = "there are several extended partitions: only one can be changed";
            return Err(PartitionError::refused(reason));
        }
        let unit = table.sector_size;
        let form = match table.scheme {
            Scheme::Mbr => Form::Mbr(mbr::Mbr::open(&sectors)?),
            Scheme::Gpt => Form::Gpt(gpt::Gpt::open(&sectors, unit)?),
            Scheme::Bsd(Bsd::NetBsd) => {
                let whole = 0..sectors.size() / unit;
                Form::Label(label::Label::open(&sectors, unit, whole)?)
            }
            other => {
                return Err(PartitionError::refused(format!(
                    "a {other} can only be read"
                )));
            }
        };
        Ok(Self::new(&sectors, unit, form).with(&table.partitions))
    }

    /// NetBSD's disklabel in a partition, to be changed.
    ///
    /// # Errors
    ///
    /// [`PartitionError::Refused`] if it has none, [`PartitionError::Read`].
    pub fn open_label(disk: &dyn Disk, within: &Partition) -> Result<Self, PartitionError> {
        let sectors = Sectors::of(disk);
        let nested = within.nested.as_ref();
        let is_ours = |scheme| scheme == Scheme::Bsd(Bsd::NetBsd);
        let Some(table) = nested.filter(|table| is_ours(table.scheme)) else {
            return Err(PartitionError::refused(format!(
                "{} has no disklabel of NetBSD",
                within.address
            )));
        };
        let unit = table.sector_size;
        let place = within.offset / unit..within.end() / unit;
        let form = Form::Label(label::Label::open(&sectors, unit, place)?);
        Ok(Self::new(&sectors, unit, form).with(&table.partitions))
    }

    fn new(sectors: &Sectors, unit: u64, form: Form) -> Self {
        Self {
            form,
            unit,
            size: sectors.size(),
            alignment: (ALIGNMENT / unit).max(1),
            entries: Vec::new(),
        }
    }

    fn with(mut self, partitions: &[Partition]) -> Self {
        let entry = |partition: &Partition| Entry {
            number: partition.number,
            start: partition.offset / self.unit,
            count: partition.size / self.unit,
            kind: partition.kind.clone(),
            name: partition.name.clone(),
            attributes: partition.attributes,
            guid: self.form.guid(partition.number),
            is_logical: matches!(self.form, Form::Mbr(_)) && partition.number > 4,
            is_raw: matches!(partition.kind, PartitionType::Bsd(_, 0)),
        };
        self.entries = partitions.iter().map(entry).collect();
        self
    }

    fn with_label(mut self, place: Range<u64>, is_whole: bool) -> Result<Self, PartitionError> {
        let total = self.size / self.unit;
        self.entries = label::raw_entries(&place, total);
        self.form = Form::Label(label::Label::create(self.unit, place, total, is_whole));
        match self.usable().is_empty() || self.usable().end > u64::from(u32::MAX) {
            false => Ok(self),
            true => Err(self.too_small()),
        }
    }

    fn too_small(&self) -> PartitionError {
        PartitionError::refused(format!(
            "a disk of {} bytes is too small or too large for this kind of table",
            self.size
        ))
    }

    /// The sectors that partitions may have.
    fn usable(&self) -> Range<u64> {
        match &self.form {
            Form::Mbr(_) => 1..(self.size / self.unit).min(u64::from(u32::MAX)),
            Form::Gpt(gpt) => gpt.usable(),
            Form::Label(label) => label.place(),
        }
    }

    fn entry(&mut self, number: u32) -> Result<&mut Entry, PartitionError> {
        let has = self.entries.iter().map(|entry| entry.number.to_string());
        let missing = PartitionError::NotFound {
            address: number.to_string(),
            has: has.collect(),
        };
        let mut entries = self.entries.iter_mut();
        entries.find(|entry| entry.number == number).ok_or(missing)
    }

    /// Deletes a partition. What lies in it stays on the disk. The numbers of logical partitions
    /// behind a logical one become smaller.
    ///
    /// # Errors
    ///
    /// [`PartitionError::NotFound`]; [`PartitionError::Refused`] for an extended partition that has
    /// logical ones.
    pub fn delete(&mut self, number: u32) -> Result<(), PartitionError> {
        let is_extended = self.entry(number)?.kind.is_extended();
        if is_extended && self.entries.iter().any(|entry| entry.is_logical) {
            return Err(PartitionError::refused(
                "the extended partition has logical ones: delete those first",
            ));
        }
        self.entries.retain(|entry| entry.number != number);
        self.number_logical(0);
        Ok(())
    }

    /// Changes the type of a partition.
    ///
    /// # Errors
    ///
    /// [`PartitionError::NotFound`]; [`PartitionError::Refused`] for a type of another kind of
    /// table, and to or from an extended partition.
    pub fn set_type(&mut self, number: u32, kind: PartitionType) -> Result<(), PartitionError> {
        self.check_type(&kind)?;
        let entry = self.entry(number)?;
        if entry.kind.is_extended() != kind.is_extended() {
            return Err(PartitionError::refused(
                "an extended partition is no other: delete it and add one",
            ));
        }
        entry.kind = kind;
        Ok(())
    }

    /// Changes the name of a partition of a GPT: up to 36 units of UTF-16.
    ///
    /// # Errors
    ///
    /// [`PartitionError::NotFound`], [`PartitionError::Refused`].
    pub fn set_name(&mut self, number: u32, name: &str) -> Result<(), PartitionError> {
        self.check_name(name)?;
        self.entry(number)?.name = Some(name.to_owned());
        Ok(())
    }

    /// Makes a partition the one that is booted from, or no longer: active in an MBR, where there is
    /// one at most, bootable by a BIOS in a GPT.
    ///
    /// # Errors
    ///
    /// [`PartitionError::NotFound`], [`PartitionError::Refused`].
    pub fn set_active(&mut self, number: u32, is_active: bool) -> Result<(), PartitionError> {
        let bit = match self.form {
            Form::Mbr(_) => 0x80,
            Form::Gpt(_) => 1 << 2,
            Form::Label(_) => {
                return Err(PartitionError::refused(
                    "a disklabel has no active partition",
                ));
            }
        };
        self.entry(number)?;
        let is_mbr = matches!(self.form, Form::Mbr(_));
        for entry in &mut self.entries {
            if entry.number == number && is_active {
                entry.attributes |= bit;
            } else if entry.number == number || is_mbr && is_active {
                entry.attributes &= !bit;
            }
        }
        Ok(())
    }

    fn check_type(&self, kind: &PartitionType) -> Result<(), PartitionError> {
        let fits = match (&self.form, kind) {
            (Form::Mbr(_), PartitionType::Mbr(byte)) => *byte != 0,
            (Form::Gpt(_), PartitionType::Gpt(guid)) => *guid != Guid::NIL,
            (Form::Label(_), PartitionType::Bsd(system, _)) => *system == Bsd::NetBsd,
            _ => false,
        };
        match fits {
            true => Ok(()),
            false => Err(PartitionError::refused(format!(
                "{kind} is no type of this kind of table"
            ))),
        }
    }

    fn check_name(&self, name: &str) -> Result<(), PartitionError> {
        let is_gpt = matches!(self.form, Form::Gpt(_));
        match is_gpt && name.encode_utf16().count() <= 36 && !name.contains('\0') {
            true => Ok(()),
            false => Err(PartitionError::refused(format!(
                "{name:?} as a name: only partitions of a GPT have names, of up to 36 units of UTF-16"
            ))),
        }
    }

    /// Writes the table to the disk that it was made for, or read from: the whole disk, of which
    /// nothing is mounted. A [`Shared`](crate::disk::Shared) disk is asked for all of it, as a
    /// [`Range`](crate::disk::Range).
    ///
    /// A loss of power leaves the old table or one that can be repaired: of a GPT the backup is
    /// written first, then the primary; of an MBR's chain each record after the one that it leads
    /// to; what other kinds of tables have left is removed last.
    ///
    /// # Errors
    ///
    /// [`PartitionError::Refused`] for a disk that is read-only or has another size, before anything
    /// is written; [`PartitionError::Write`].
    pub fn write(&self, disk: &dyn Disk) -> Result<(), PartitionError> {
        let put = Put::new(disk)?;
        if put.sectors().size() != self.size {
            return Err(PartitionError::refused(format!(
                "the table is for a disk of {} bytes, and {} has {}",
                self.size,
                disk.name(),
                put.sectors().size()
            )));
        }
        match &self.form {
            Form::Mbr(mbr) => mbr.write(&put, &self.entries, self.unit),
            Form::Gpt(gpt) => gpt.write(&put, &self.entries, self.unit),
            Form::Label(label) => label.write(&put, &self.entries),
        }
    }
}

impl Form {
    /// The GUID of a partition that was read.
    fn guid(&self, number: u32) -> Guid {
        match self {
            Self::Gpt(gpt) => gpt.guid(number),
            _ => Guid::NIL,
        }
    }
}
