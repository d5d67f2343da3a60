//! Problems of tables and partitions, and errors of reading and changing them.

use std::fmt;
use std::io;

use super::Scheme;
use crate::disk::Overlap;

/// A defect of a table or partition that could be read all the same.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The partition ends beyond the disk: the image was cut short, or the table is another's.
    #[error("the partition ends at byte {end}, and the disk at {size}")]
    BeyondEnd {
        /// Where the partition ends, in bytes.
        end: u64,
        /// The disk's size in bytes.
        size: u64,
    },
    /// The partition has bytes of another one.
    #[error("the partition overlaps {other}")]
    Overlaps {
        /// The other one's address.
        other: String,
    },
    /// The partition is not within the one that contains its table.
    #[error("the partition does not lie within {container}")]
    OutsideContainer {
        /// The address of the partition, or the part of the disk, in which it should lie.
        container: String,
    },
    /// The disk cannot read what begins or ends here: its blocks are larger than the table's.
    #[error("the partition does not begin and end with a block of the disk, of {block} bytes")]
    Unaligned {
        /// The disk's block size in bytes.
        block: u64,
    },
    /// The partition ends before it begins.
    #[error("the partition ends before it begins")]
    EndBeforeStart,
    /// The table counts in sectors of another size than the disk's blocks.
    #[error("the table is for sectors of {table} bytes, and the disk's have {disk}")]
    OtherSectorSize {
        /// The size that the table was written for.
        table: u64,
        /// The disk's.
        disk: u64,
    },
    /// GPT: the first header or its entries are bad; what is told was read from the backup.
    #[error("the primary table is bad, and the backup was used: {reason}")]
    PrimaryBad {
        /// What is wrong with it.
        reason: String,
    },
    /// GPT: the backup is bad.
    #[error("the backup table is bad: {reason}")]
    BackupBad {
        /// What is wrong with it.
        reason: String,
    },
    /// GPT: both tables are good, and say different things. The primary was used.
    #[error("the backup table is another one than the primary")]
    BackupDiffers,
    /// GPT: the disk is larger than the one that the table was made for.
    #[error("the backup table is at byte {at}, not at the end of the disk")]
    BackupNotAtEnd {
        /// Where its header is, in bytes.
        at: u64,
    },
    /// GPT: the MBR does not say that the disk belongs to a GPT.
    #[error("the MBR does not protect the GPT: it may have been replaced by another table")]
    NotProtected,
    /// MBR: it says that there is a GPT too, which is damaged.
    #[error("the GPT beside the MBR is damaged: {reason}")]
    GptDamaged {
        /// What is wrong with it.
        reason: String,
    },
    /// MBR: the chain of logical partitions leads back to a record that was read.
    #[error("the chain of logical partitions comes back to byte {at}")]
    ChainLoops {
        /// Where the record is, in bytes.
        at: u64,
    },
    /// There are more partitions than any system makes; the rest was not read.
    #[error("there are more than {limit} partitions")]
    TooMany {
        /// How many were read.
        limit: usize,
    },
    /// A part of the table cannot be read, or is none; what comes after it is not known.
    #[error("the table cannot be read on from byte {at}: {reason}")]
    CutShort {
        /// Where, in bytes.
        at: u64,
        /// Why.
        reason: String,
    },
    /// The checksum is wrong; the table was read all the same.
    #[error("the checksum of the label is wrong")]
    BadChecksum,
}

/// Why an operation on partitions failed.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum PartitionError {
    /// The disk has no partition table that is known here. It may be one file system.
    #[error(
        "{disk} has no MBR, GPT, disklabel or Apple map: if it is one file system, mount it whole"
    )]
    NoTable {
        /// The disk.
        disk: String,
    },
    /// A table was there, and is damaged beyond use.
    #[error("the {scheme} of {disk} is damaged: {reason}")]
    Damaged {
        /// The disk.
        disk: String,
        /// The kind of table.
        scheme: Scheme,
        /// What is wrong.
        reason: String,
    },
    /// The disk cannot be read.
    #[error("{disk} cannot be read")]
    Read {
        /// The disk.
        disk: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The disk cannot be written. See [`Edit::write`](super::Edit::write) for what is left then.
    #[error("{disk} cannot be written")]
    Write {
        /// The disk.
        disk: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A text that is no address of a partition.
    #[error(
        "{given:?} is no address of a partition, such as \"2\", \"e\", \"MBR2/e\", \"GPT3\" or a \
         name"
    )]
    BadAddress {
        /// The text.
        given: String,
    },
    /// A text that is no GUID.
    #[error("{given:?} is no GUID: expected hexadecimal digits in groups of 8-4-4-4-12")]
    BadGuid {
        /// The text.
        given: String,
    },
    /// There is no partition of this address.
    #[error("no partition is called {address:?}; there are: {}", has.join(", "))]
    NotFound {
        /// The address.
        address: String,
        /// The addresses that there are.
        has: Vec<String>,
    },
    /// Several partitions answer to an address.
    #[error("{address:?} may be any of {}: use one of these", may_be.join(", "))]
    Ambiguous {
        /// The address.
        address: String,
        /// The addresses of those that it may be.
        may_be: Vec<String>,
    },
    /// The partition cannot be used for what is wrong with it.
    #[error("{address} cannot be opened: {problem}")]
    Unusable {
        /// The partition.
        address: String,
        /// What is wrong.
        problem: Problem,
    },
    /// The part of the disk cannot be had.
    #[error("{address} cannot be opened: {reason}")]
    Overlap {
        /// The partition.
        address: String,
        /// Why.
        reason: Overlap,
    },
    /// A change that the kind of table, its room or what is in it does not allow.
    #[error("the partition table cannot be changed: {reason}")]
    Refused {
        /// Why, and what would do.
        reason: String,
    },
    /// The host has no random numbers.
    #[error("the host has no random numbers for a GUID: {0}")]
    NoRandomNumbers(io::Error),
}

impl fmt::Debug for PartitionError {
    /// As it is displayed, for programs whose `main` returns it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl PartitionError {
    /// A change that is refused.
    pub(super) fn refused(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self::Refused { reason }
    }
}

impl From<PartitionError> for io::Error {
    fn from(error: PartitionError) -> Self {
        let kind = match &error {
            PartitionError::Read { source, .. } | PartitionError::Write { source, .. } => {
                source.kind()
            }
            PartitionError::NotFound { .. } => io::ErrorKind::NotFound,
            PartitionError::Overlap { .. } => io::ErrorKind::ResourceBusy,
            PartitionError::NoTable { .. } | PartitionError::Damaged { .. } => {
                io::ErrorKind::InvalidData
            }
            _ => io::ErrorKind::InvalidInput,
        };
        io::Error::new(kind, error)
    }
}
