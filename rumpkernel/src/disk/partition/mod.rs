//! Partitions of disks.
//!
//! [`Partitions::read`] reads the tables of a disk: MBR with logical partitions, GPT, BSD disklabels
//! (also in partitions of an MBR or GPT), Apple maps. What is wrong with a table or a partition can
//! be asked of it; damaged and hostile tables are errors or [`Problem`]s, and cost bounded time and
//! memory. [`Shared::partition`] opens a partition as a disk, and [`Edit`] makes and changes
//! tables.
//!
//! ```no_run
//! # #[cfg(feature = "ffs")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use rumpkernel::disk::{Access, HostDisk, Shared};
//! use rumpkernel::{Kernel, fs, mount::Ffs};
//!
//! let disk = Shared::new(HostDisk::open("disk.img", Access::ReadOnly)?);
//! let part = disk.partition("MBR2/e", Access::ReadOnly)?;
//! let kernel = Kernel::boot()?;
//! fs::create_dir(&kernel, "/mnt")?;
//! let mount = kernel.mount(Ffs::on(part), "/mnt")?;
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "ffs"))]
//! # fn main() {}
//! ```

// No crate reads and writes these tables here: mbrman adds sectors without a check, which panics or
// wraps; gptman reserves memory for as many entries as a header claims; gpt panics at entries that
// have not 128 bytes. Both write the primary table before the backup. None has been found for
// disklabels and Apple maps.

mod address;
mod apple;
mod bsd;
mod check;
mod crc32;
mod edit;
mod gpt;
mod guid;
mod kind;
mod known;
mod mbr;
mod problem;
mod sectors;
mod table;
#[cfg(test)]
mod tests;

use super::{Access, Disk, Range, Shared};
use gpt::Found;
use sectors::Sectors;

pub use edit::{Edit, NewPartition};
pub use guid::Guid;
pub use kind::{Bsd, PartitionType, Scheme};
pub use problem::{PartitionError, Problem};
pub use table::{Partition, Table};

/// The partition tables of a disk, as they were when they were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partitions {
    tables: Vec<Table>,
}

impl Partitions {
    /// Reads the tables of a disk.
    ///
    /// A GPT's sector size is found out; an MBR counts in the disk's
    /// [blocks](Disk::block_size), unless it would end beyond the disk and does not with 512 bytes.
    ///
    /// # Errors
    ///
    /// [`PartitionError::NoTable`], [`PartitionError::Damaged`], or [`PartitionError::Read`] where
    /// the first sectors cannot be read.
    pub fn read(disk: &dyn Disk) -> Result<Self, PartitionError> {
        Self::read_as(disk, None)
    }

    /// Reads the tables of a disk that was written in sectors of another size than it has now, such
    /// as the image of a disk with sectors of 4096 bytes.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read); [`PartitionError::Refused`] for a size that is not a power of two
    /// from 512 to 65536.
    pub fn read_in_sectors(disk: &dyn Disk, sector_size: u64) -> Result<Self, PartitionError> {
        if !sector_size.is_power_of_two() || !(512..=65536).contains(&sector_size) {
            return Err(PartitionError::refused(format!(
                "a sector of {sector_size} bytes: expected a power of two from 512 to 65536"
            )));
        }
        Self::read_as(disk, Some(sector_size))
    }

    fn read_as(disk: &dyn Disk, unit: Option<u64>) -> Result<Self, PartitionError> {
        let sectors = Sectors::of(disk);
        let failed = |source| PartitionError::Read {
            disk: disk.name().into_owned(),
            source,
        };
        let mut mbr = mbr::read(&sectors, unit).map_err(failed)?;
        let is_protective = |p: &Partition| p.kind == PartitionType::Mbr(0xee);
        let has_protective = |mbr: &Table| mbr.partitions.iter().any(is_protective);
        let protects = mbr.as_ref().is_some_and(has_protective);
        let mut tables = Vec::new();
        let mut damage = protects.then(|| "there is no header".to_owned());
        let mut unprotected = None;
        match gpt::read(&sectors, unit) {
            Found::Table(mut gpt) => {
                damage = None;
                gpt::read_labels(&mut gpt, &sectors);
                let is_empty = mbr.as_ref().is_none_or(|mbr| mbr.partitions.is_empty());
                if !protects {
                    gpt.problems.push(Problem::NotProtected);
                }
                if protects || is_empty {
                    mbr = mbr.filter(|mbr| !mbr.partitions.iter().all(is_protective));
                    tables.push(gpt);
                } else {
                    unprotected = Some(gpt);
                }
            }
            Found::Damaged(reason) => damage = Some(reason),
            Found::Nothing => {}
        }
        if let Some(reason) = &damage {
            mbr = mbr.filter(|mbr| !mbr.partitions.iter().all(is_protective));
            if let Some(mbr) = &mut mbr {
                let reason = reason.clone();
                mbr.problems.push(Problem::GptDamaged { reason });
            }
        }
        let has_label_at_0 = |mbr: &Table| {
            let mut partitions = mbr.partitions.iter();
            partitions.any(|p| p.offset == 0 && p.nested.is_some())
        };
        let is_labelled = mbr.as_ref().is_some_and(has_label_at_0);
        tables.extend(mbr);
        tables.extend(unprotected);
        tables.extend(apple::read(&sectors).map_err(failed)?);
        if !is_labelled {
            let whole = 0..sectors.size();
            tables.extend(bsd::read(&sectors, whole, None).map_err(failed)?);
        }
        if tables.len() > 1 {
            // Many tables of others have the signature of an MBR beside them.
            let is_empty = |table: &Table| table.partitions.is_empty();
            tables.retain(|table| table.scheme != Scheme::Mbr || !is_empty(table));
        }
        for table in &mut tables {
            table.name_partitions(None);
            check::check(table, &sectors);
        }
        let disk = || disk.name().into_owned();
        match (tables.is_empty(), damage) {
            (false, _) => Ok(Self { tables }),
            (true, Some(reason)) => Err(PartitionError::Damaged {
                disk: disk(),
                scheme: Scheme::Gpt,
                reason,
            }),
            (true, None) => Err(PartitionError::NoTable { disk: disk() }),
        }
    }

    /// The tables, the one that counts first: a disk can have several, such as an image for CDs and
    /// USB sticks. There is one at least.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// All partitions of all tables, each followed by those that lie in it.
    pub fn iter(&self) -> impl Iterator<Item = &Partition> {
        self.tables.iter().flat_map(Table::all)
    }

    /// Finds a partition by its address: a number (`2`; `MBR2`, `GPT2`, `BSD2`, `APM2` for one in a
    /// table of that kind), a letter of a disklabel (`e`), or a name; with `/` before what lies in a
    /// partition (`MBR2/e`, `2/e`).
    ///
    /// Without a kind, the first table that has such a partition counts. A letter is looked for in
    /// the labels within partitions, too, if only one of them has it. A name that looks like
    /// something else, or has a slash in it, is written `name=2`.
    ///
    /// # Errors
    ///
    /// [`PartitionError::NotFound`], [`PartitionError::Ambiguous`] or
    /// [`PartitionError::BadAddress`].
    pub fn find(&self, address: &str) -> Result<&Partition, PartitionError> {
        address::find(&self.tables, address)
    }
}

impl Partition {
    /// Opens the partition: as a disk, which can be mounted.
    ///
    /// # Errors
    ///
    /// [`PartitionError::Unusable`] if it lies beyond the end of the disk, or off its blocks;
    /// [`PartitionError::Overlap`] if another part of the disk that is in use has some of its bytes.
    pub fn open(&self, disk: &Shared, access: Access) -> Result<Range, PartitionError> {
        let is_in_the_way = |problem: &&Problem| {
            matches!(
                problem,
                Problem::BeyondEnd { .. } | Problem::Unaligned { .. } | Problem::EndBeforeStart
            )
        };
        if let Some(problem) = self.problems.iter().find(is_in_the_way) {
            return Err(PartitionError::Unusable {
                address: self.address.clone(),
                problem: problem.clone(),
            });
        }
        let range = disk.range(self.offset..self.end(), access);
        range.map_err(|reason| PartitionError::Overlap {
            address: self.address.clone(),
            reason,
        })
    }
}

/// Returns whether there is a BSD disklabel with a good checksum in these first bytes of a disk.
#[cfg(feature = "cgd")]
pub(crate) fn has_disklabel(bytes: &[u8]) -> bool {
    bsd::Label::find(bytes).is_some_and(|label| label.is_sound)
}

impl Shared {
    /// Opens the partition with this address: as a disk, which can be mounted.
    ///
    /// # Errors
    ///
    /// Those of [`Partitions::read`], [`Partitions::find`] and [`Partition::open`].
    pub fn partition(&self, address: &str, access: Access) -> Result<Range, PartitionError> {
        let partitions = Partitions::read(self.disk())?;
        partitions.find(address)?.open(self, access)
    }
}
