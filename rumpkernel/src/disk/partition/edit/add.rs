//! Adding partitions: numbers, and room.

use std::ops::Range;

use super::entry::{Entry, NewPartition};
use super::{Edit, Form, room};
use crate::disk::partition::mbr::MOST_LOGICAL;
use crate::disk::partition::{Guid, PartitionError};

impl Edit {
    /// Sets where partitions begin that are added without a start: at multiples of so many bytes, of
    /// the disk. 1 MiB at first.
    ///
    /// # Errors
    ///
    /// [`PartitionError::Refused`] if it is no multiple of the sector size.
    pub fn set_alignment(&mut self, bytes: u64) -> Result<(), PartitionError> {
        if bytes == 0 || !bytes.is_multiple_of(self.unit) {
            return Err(PartitionError::refused(format!(
                "an alignment of {bytes} bytes: expected a multiple of the sector size, {}",
                self.unit
            )));
        }
        self.alignment = bytes / self.unit;
        Ok(())
    }

    /// The parts of the disk that no partition has, in bytes.
    pub fn free(&self) -> Vec<Range<u64>> {
        let gaps = self.gaps(false).into_iter();
        gaps.map(|gap| gap.start * self.unit..gap.end * self.unit)
            .collect()
    }

    /// The free sectors: for logical partitions within the extended one, with those that have a
    /// record before each taken.
    fn gaps(&self, is_logical: bool) -> Vec<Range<u64>> {
        let mut entries = self.entries.iter();
        let of_kind = entries
            .clone()
            .filter(|e| e.is_logical == is_logical && !e.is_raw);
        if !is_logical {
            return room::free(self.usable(), of_kind.map(Entry::place).collect());
        }
        let Some(extended) = entries.find(|entry| entry.kind.is_extended()) else {
            return Vec::new();
        };
        let with_record = |entry: &Entry| entry.start.saturating_sub(1)..entry.place().end;
        room::free(extended.place(), of_kind.map(with_record).collect())
    }

    /// Adds a partition, and returns its number. Logical partitions are numbered by their place, so
    /// that one may change the numbers of those behind it.
    ///
    /// # Errors
    ///
    /// [`PartitionError::Refused`] if there is no room or no number, or the kind of table has no
    /// such type or name; [`PartitionError::NoRandomNumbers`].
    pub fn add(&mut self, new: NewPartition) -> Result<u32, PartitionError> {
        self.check_type(&new.kind)?;
        if let Some(name) = &new.name {
            self.check_name(name)?;
        }
        let is_mbr = matches!(self.form, Form::Mbr(_));
        if new.logical && (!is_mbr || new.kind.is_extended()) {
            return Err(PartitionError::refused(
                "only an MBR has logical partitions, and none of them is extended",
            ));
        }
        if new.active && matches!(self.form, Form::Label(_)) {
            return Err(PartitionError::refused(
                "a disklabel has no active partition",
            ));
        }
        let is_extended = |entry: &Entry| entry.kind.is_extended();
        if new.kind.is_extended() && self.entries.iter().any(is_extended) {
            return Err(PartitionError::refused(
                "there is an extended partition already",
            ));
        }
        let number = self.number(&new)?;
        let (start, count) = self.place(&new)?;
        let entry = Entry {
            number,
            start,
            count,
            kind: new.kind,
            name: new.name,
            attributes: 0,
            guid: match self.form {
                Form::Gpt(_) => Guid::random()?,
                _ => Guid::NIL,
            },
            is_logical: new.logical,
            is_raw: false,
        };
        self.entries.push(entry);
        if new.active {
            self.set_active(number, true)?;
        }
        if new.logical {
            return Ok(self.number_logical(start));
        }
        Ok(number)
    }

    /// The number for a new partition; that of a logical one is found when it has its place.
    fn number(&self, new: &NewPartition) -> Result<u32, PartitionError> {
        let numbers = match &self.form {
            Form::Mbr(_) if new.logical => {
                let count = self.entries.iter().filter(|e| e.is_logical).count();
                if count >= MOST_LOGICAL || new.number.is_some() {
                    return Err(PartitionError::refused(format!(
                        "logical partitions are numbered by their place, and there are up to \
                         {MOST_LOGICAL}"
                    )));
                }
                return Ok(u32::MAX);
            }
            Form::Mbr(_) => 1..=4,
            Form::Gpt(gpt) => 1..=gpt.count(),
            Form::Label(label) => 1..=label.count(),
        };
        let is_free = |number: &u32| self.entries.iter().all(|entry| entry.number != *number);
        match new.number {
            Some(number) if numbers.contains(&number) && is_free(&number) => Ok(number),
            Some(number) => Err(PartitionError::refused(format!(
                "number {number} is taken, or not one of {} to {}",
                numbers.start(),
                numbers.end()
            ))),
            None => numbers.clone().find(is_free).ok_or_else(|| {
                PartitionError::refused(format!("all {} numbers are taken", numbers.end()))
            }),
        }
    }

    /// The sectors for a new partition.
    fn place(&self, new: &NewPartition) -> Result<(u64, u64), PartitionError> {
        let unit = self.unit;
        if let Some(start) = new.start.filter(|start| !start.is_multiple_of(unit)) {
            return Err(PartitionError::refused(format!(
                "a start of {start} bytes: expected a multiple of the sector size, {unit}"
            )));
        }
        let count = new.size.map(|size| size.div_ceil(unit));
        if count == Some(0) {
            return Err(PartitionError::refused("a partition of no bytes"));
        }
        let mut gaps = self.gaps(new.logical);
        if let (Form::Label(label), None) = (&self.form, new.start) {
            label.spare(&mut gaps);
        }
        let start = new.start.map(|start| start / unit);
        let lead = u64::from(new.logical);
        room::place(&gaps, start, count, self.alignment, lead).ok_or_else(|| {
            let gaps = gaps.iter().map(|gap| gap.start * unit..gap.end * unit);
            let gaps: Vec<String> = gaps.map(|gap| format!("{gap:?}")).collect();
            PartitionError::refused(format!(
                "there is no room for {} bytes at {}; free are: {}",
                new.size.map_or("any".to_owned(), |size| size.to_string()),
                new.start
                    .map_or("any place".to_owned(), |at| at.to_string()),
                gaps.join(", ")
            ))
        })
    }

    /// Orders the logical partitions; returns the number of the one that begins here.
    pub(super) fn number_logical(&mut self, start: u64) -> u32 {
        self.entries.sort_by_key(|entry| match entry.is_logical {
            true => (true, entry.start),
            false => (false, u64::from(entry.number)),
        });
        let logical = self.entries.iter_mut().filter(|entry| entry.is_logical);
        let mut found = 0;
        for (number, entry) in (5..).zip(logical) {
            entry.number = number;
            if entry.start == start {
                found = number;
            }
        }
        found
    }
}
