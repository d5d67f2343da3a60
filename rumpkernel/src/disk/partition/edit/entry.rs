//! Partitions that are made.

use std::ops::Range;

use crate::disk::partition::{Guid, PartitionType};

/// A partition to add with [`Edit::add`](super::Edit::add).
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "added by Edit::add"]
pub struct NewPartition {
    pub(super) kind: PartitionType,
    pub(super) start: Option<u64>,
    pub(super) size: Option<u64>,
    pub(super) name: Option<String>,
    pub(super) number: Option<u32>,
    pub(super) active: bool,
    pub(super) logical: bool,
}

impl NewPartition {
    /// A partition of this type, with the whole of the largest free part of the disk unless said
    /// otherwise.
    pub fn new(kind: PartitionType) -> Self {
        Self {
            kind,
            start: None,
            size: None,
            name: None,
            number: None,
            active: false,
            logical: false,
        }
    }

    /// Where it begins, in bytes: a multiple of the sector size. Without it: in the first free part
    /// of the disk that is large enough, at a multiple of the
    /// [alignment](super::Edit::set_alignment).
    pub fn start(mut self, offset: u64) -> Self {
        self.start = Some(offset);
        self
    }

    /// Its size in bytes, which is rounded up to whole sectors. Without it: all that is free.
    pub fn size(mut self, bytes: u64) -> Self {
        self.size = Some(bytes);
        self
    }

    /// Its name, in a GPT: up to 36 units of UTF-16.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Its number, from 1; in a disklabel, 1 is `a`. Without it: the first that is free.
    pub fn number(mut self, number: u32) -> Self {
        self.number = Some(number);
        self
    }

    /// Whether a computer boots from it: active in an MBR, bootable by a BIOS in a GPT.
    pub fn active(mut self, is_active: bool) -> Self {
        self.active = is_active;
        self
    }

    /// A logical partition, in the extended one of an MBR, which has to be there.
    pub fn logical(mut self) -> Self {
        self.logical = true;
        self
    }
}

/// A partition of a table that is edited.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) number: u32,
    /// In sectors.
    pub(super) start: u64,
    pub(super) count: u64,
    pub(super) kind: PartitionType,
    pub(super) name: Option<String>,
    /// Attributes, those of [`Partition::attributes`](crate::disk::partition::Partition::attributes).
    pub(super) attributes: u64,
    /// The partition's own GUID, in a GPT.
    pub(super) guid: Guid,
    /// An MBR's logical partition.
    pub(super) is_logical: bool,
    /// The whole disk, or what a disklabel is for: no room is taken.
    pub(super) is_raw: bool,
}

impl Entry {
    /// Its sectors.
    pub(super) fn place(&self) -> Range<u64> {
        self.start..self.start.saturating_add(self.count)
    }
}
