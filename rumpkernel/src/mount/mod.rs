//! File systems, and mounting them.
//!
//! A file system is described by a value (`Tmpfs`, `Ffs`, …) that names what it lies on, and that
//! [`Kernel::mount`](crate::Kernel::mount) takes; [`MountOptions`] say how; what is mounted is a
//! [`Mount`]. One file here per kind of file system, which comes with the feature of that name,
//! and `disk` for the host images that some of them lie on.

#[macro_use]
#[cfg_attr(
    not(feature = "ffs"),
    allow(
        unused_macros,
        reason = "which file systems there are depends on the features"
    )
)]
mod volume;

mod below;
#[cfg(feature = "cd9660")]
mod cd9660;
mod detected;
mod disk;
#[cfg(feature = "efs")]
mod efs;
mod explain;
#[cfg(feature = "ext2fs")]
mod ext2;
#[cfg(feature = "fdesc")]
mod fdesc;
#[cfg(feature = "ffs")]
mod ffs;
mod file_system;
#[cfg(feature = "hfs")]
mod hfs;
#[cfg(feature = "kernfs")]
mod kernfs;
#[cfg(feature = "lfs")]
mod lfs;
mod medium;
mod mounted;
#[cfg(feature = "msdos")]
mod msdos;
#[cfg(feature = "nilfs")]
mod nilfs;
#[cfg(feature = "ntfs")]
mod ntfs;
#[cfg(feature = "null")]
mod null;
mod options;
#[cfg(feature = "msdos")]
mod ownership;
#[cfg(feature = "ptyfs")]
mod ptyfs;
#[cfg(feature = "sysvbfs")]
mod sysvbfs;
#[cfg_attr(
    not(all(feature = "ffs", feature = "null")),
    allow(
        dead_code,
        reason = "which file systems there are depends on the features"
    )
)]
mod text;
#[cfg(feature = "tmpfs")]
mod tmpfs;
#[cfg(feature = "udf")]
mod udf;
#[cfg(feature = "umap")]
mod umap;
#[cfg(feature = "union")]
mod union;
#[cfg(feature = "v7fs")]
mod v7fs;

pub(crate) use below::Below;
#[cfg(feature = "cd9660")]
pub use cd9660::Cd9660;
#[cfg(feature = "efs")]
pub use efs::Efs;
#[cfg(feature = "ext2fs")]
pub use ext2::Ext2;
#[cfg(feature = "fdesc")]
pub use fdesc::Fdesc;
#[cfg(feature = "ffs")]
pub use ffs::Ffs;
pub use file_system::{Arguments, FileSystem, Writing};
#[cfg(feature = "hfs")]
pub use hfs::Hfs;
#[cfg(feature = "kernfs")]
pub use kernfs::Kernfs;
#[cfg(feature = "lfs")]
pub use lfs::Lfs;
pub use medium::Medium;
pub use mounted::{Mount, UnmountError};
#[cfg(feature = "msdos")]
pub use msdos::Msdos;
#[cfg(feature = "nilfs")]
pub use nilfs::Nilfs;
#[cfg(feature = "ntfs")]
pub use ntfs::Ntfs;
#[cfg(feature = "null")]
pub use null::Null;
pub use options::MountOptions;
#[cfg(feature = "ptyfs")]
pub use ptyfs::Ptyfs;
#[cfg(feature = "sysvbfs")]
pub use sysvbfs::SysvBfs;
#[cfg(feature = "tmpfs")]
pub use tmpfs::Tmpfs;
#[cfg(feature = "udf")]
pub use udf::Udf;
#[cfg(feature = "umap")]
pub use umap::Umap;
#[cfg(feature = "union")]
pub use union::Union;
#[cfg(feature = "v7fs")]
pub use v7fs::{ByteOrder, V7fs};
