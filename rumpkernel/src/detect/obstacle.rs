//! Why something cannot be mounted, or not written.

use std::fmt;

use super::Kind;

/// The operations that an [`Obstacle`] prevents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stops {
    /// It cannot be mounted.
    Mounting,
    /// It can be mounted, for reading only.
    Writing,
    /// It can be mounted, and some of its files are errors.
    SomeFiles,
}

/// A reason why what was detected cannot be mounted, not be written, or not be read in part. It
/// reads as a clause about it: "has the feature `64bit`, which the driver does not know".
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Obstacle {
    /// A feature that the driver does not know.
    Feature {
        /// In the format's own words, such as `64bit`.
        name: String,
        /// Returns what it prevents.
        stops: Stops,
    },
    /// A journal that was not replayed, and the driver cannot replay it.
    Journal {
        /// Who can.
        by: &'static str,
    },
    /// It was not unmounted, and the driver takes that for damage.
    NotClean,
    /// The root directory has extents, which the driver cannot read. A kernel that mounted it could
    /// not unmount it, so that `Kernel::mount` refuses.
    RootExtents,
    /// Blocks of a size that the driver does not take.
    BlockSize {
        /// The size that was found, in bytes.
        found: u64,
        /// What the driver takes.
        taken: String,
    },
    /// The disk ends before it does.
    CutShort {
        /// Its size in bytes.
        size: u64,
        /// That of the disk, in bytes.
        disk: u64,
    },
    /// The boot sector lacks the signature at its end.
    NoSignature,
    /// The driver can only read.
    ReadsOnly,
    /// It is a file system, and there is no driver for it.
    NoDriver,
    /// It is a partition table.
    PartitionTable,
    /// It is a disk in another form, or a part of one.
    Container(Kind),
}

impl Obstacle {
    /// Returns what it stops.
    pub fn stops(&self) -> Stops {
        match self {
            Self::Feature { stops, .. } => *stops,
            Self::CutShort { .. } | Self::ReadsOnly => Stops::Writing,
            _ => Stops::Mounting,
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Feature { name, stops } => {
                let what = match stops {
                    Stops::Mounting => "which the driver does not know",
                    Stops::Writing => "with which the driver can only read it",
                    Stops::SomeFiles => "and files that use it cannot be read",
                };
                write!(f, "has the feature `{name}`, {what}")
            }
            Self::Journal { by } => write!(f, "has a journal that {by} has to replay first"),
            Self::NotClean => f.write_str("was not unmounted, and the driver mounts only what was"),
            Self::RootExtents => f.write_str(
                "has a root directory with extents, which the driver cannot read (make it with \
                 `mke2fs -t ext2`, or copy it to one that was)",
            ),
            Self::BlockSize { found, taken } => {
                write!(
                    f,
                    "has blocks of {found} bytes, and the driver takes {taken}"
                )
            }
            Self::CutShort { size, disk } => {
                write!(f, "is cut short: it has {size} bytes, and the disk {disk}")
            }
            Self::NoSignature => f.write_str("lacks the signature 55 aa of its boot sector"),
            Self::ReadsOnly => f.write_str("has a driver that can only read"),
            Self::NoDriver => f.write_str("has no driver here"),
            Self::PartitionTable => {
                f.write_str("divides the disk: mount one of its partitions, with disk::Shared")
            }
            Self::Container(kind) => f.write_str(match kind {
                Kind::Gzip | Kind::Bzip2 | Kind::Xz | Kind::Zstd => "has to be decompressed first",
                Kind::Swap => "holds no files",
                Kind::Luks => "has to be decrypted first",
                Kind::RaidFrame | Kind::Lvm2 | Kind::Zfs => "has to be put together first",
                _ => {
                    "is a virtual machine's disk: convert it first, with `qemu-img convert -O raw`"
                }
            }),
        }
    }
}
