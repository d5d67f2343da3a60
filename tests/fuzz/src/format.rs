//! The formats of file systems that the kernel reads, and how each is mounted.

use std::fmt;
use std::path::Path;

use rumpkernel::mount::{
    Cd9660, Efs, Ext2, Ffs, FileSystem, Hfs, Lfs, Mount, MountOptions, Msdos, Nilfs, Ntfs, SysvBfs,
    Udf, V7fs,
};
use rumpkernel::{Error, Kernel};

/// A format of file systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// ISO 9660.
    Cd9660,
    /// SGI's EFS.
    Efs,
    /// The second extended file system.
    Ext2,
    /// FAT with entries of 12 bits.
    Fat12,
    /// FAT with entries of 16 bits.
    Fat16,
    /// FAT with entries of 32 bits.
    Fat32,
    /// FFS 1, little-endian.
    Ffs1Le,
    /// FFS 1, big-endian.
    Ffs1Be,
    /// FFS 2, little-endian.
    Ffs2Le,
    /// FFS 2, big-endian.
    Ffs2Be,
    /// HFS+.
    Hfs,
    /// The log-structured file system.
    Lfs,
    /// NILFS 2.
    Nilfs,
    /// NTFS.
    Ntfs,
    /// System V's boot file system.
    Sysvbfs,
    /// UDF.
    Udf,
    /// The file system of the seventh edition of Unix.
    V7fs,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 17] = [
        Self::Cd9660,
        Self::Efs,
        Self::Ext2,
        Self::Fat12,
        Self::Fat16,
        Self::Fat32,
        Self::Ffs1Le,
        Self::Ffs1Be,
        Self::Ffs2Le,
        Self::Ffs2Be,
        Self::Hfs,
        Self::Lfs,
        Self::Nilfs,
        Self::Ntfs,
        Self::Sysvbfs,
        Self::Udf,
        Self::V7fs,
    ];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cd9660 => "cd9660",
            Self::Efs => "efs",
            Self::Ext2 => "ext2",
            Self::Fat12 => "fat12",
            Self::Fat16 => "fat16",
            Self::Fat32 => "fat32",
            Self::Ffs1Le => "ffs1-le",
            Self::Ffs1Be => "ffs1-be",
            Self::Ffs2Le => "ffs2-le",
            Self::Ffs2Be => "ffs2-be",
            Self::Hfs => "hfs",
            Self::Lfs => "lfs",
            Self::Nilfs => "nilfs",
            Self::Ntfs => "ntfs",
            Self::Sysvbfs => "sysvbfs",
            Self::Udf => "udf",
            Self::V7fs => "v7fs",
        }
    }

    /// Whether the driver writes it. NTFS it can overwrite, but not extend.
    #[must_use]
    pub fn is_writable(self) -> bool {
        !matches!(
            self,
            Self::Cd9660 | Self::Efs | Self::Hfs | Self::Nilfs | Self::Ntfs
        )
    }

    /// Whether numbers begin with the most significant byte.
    #[must_use]
    pub fn is_big_endian(self) -> bool {
        matches!(self, Self::Efs | Self::Ffs1Be | Self::Ffs2Be | Self::Hfs)
    }

    /// The file system of this format in an image.
    #[must_use]
    pub fn of(self, image: &Path) -> Box<dyn FileSystem> {
        match self {
            Self::Cd9660 => Box::new(Cd9660::image(image)),
            Self::Efs => Box::new(Efs::image(image)),
            Self::Ext2 => Box::new(Ext2::image(image)),
            Self::Fat12 | Self::Fat16 | Self::Fat32 => Box::new(Msdos::image(image)),
            Self::Ffs1Le | Self::Ffs1Be | Self::Ffs2Le | Self::Ffs2Be => {
                Box::new(Ffs::image(image))
            }
            Self::Hfs => Box::new(Hfs::image(image)),
            Self::Lfs => Box::new(Lfs::image(image)),
            Self::Nilfs => Box::new(Nilfs::image(image)),
            Self::Ntfs => Box::new(Ntfs::image(image)),
            Self::Sysvbfs => Box::new(SysvBfs::image(image)),
            Self::Udf => Box::new(Udf::image(image)),
            Self::V7fs => Box::new(V7fs::image(image)),
        }
    }

    /// Mounts an image on the directory `path`.
    ///
    /// # Errors
    ///
    /// Those of [`Kernel::mount_with`].
    pub fn mount(
        self,
        kernel: &Kernel,
        image: &Path,
        path: &str,
        access: Access,
    ) -> Result<Mount, Error> {
        let options = match access {
            Access::Read => MountOptions::new().read_only(),
            Access::Write => MountOptions::new().read_write(),
        };
        kernel.mount_with(self.of(image), path, options)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl std::str::FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == name)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::name).join(", ");
                format!("{name:?} is none of the formats {names}")
            })
    }
}

/// What a mounted file system is to be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reading only.
    Read,
    /// Reading and writing.
    Write,
}
