//! Directories of union mounts, whose layers the kernel lists one after the other.
//!
//! In NetBSD opendir(3) leaves out what an upper layer hides: names that it has, too, and names
//! that it has whiteouts for.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::Path;

use rumpkernel_sys as sys;

use crate::{ErrorKind, Kernel, path, syscall};

/// Which names of a directory are known to be hidden.
pub(super) enum Layers {
    /// No more than one read returned anything. One read never returns names of two layers: so
    /// a small directory costs nothing.
    Unknown,
    /// The directory is of one layer.
    One,
    /// The directory may have several layers; the names that were there, and whiteouts.
    Several(HashSet<Box<OsStr>>),
}

impl Layers {
    /// Finds out what a directory has, when a second read has returned something. `statvfs` is that
    /// of its file system, if it is known, and `names` are those of the first read.
    pub(super) fn find<'a>(
        statvfs: Option<&sys::statvfs>,
        names: impl Iterator<Item = &'a OsStr>,
    ) -> Self {
        // When nobody knows it may be a union.
        if statvfs.is_none_or(is_union) {
            Self::Several(names.map(Box::from).collect())
        } else {
            Self::One
        }
    }

    /// Returns whether an upper layer hides `name`, and hides it in lower ones from now on.
    pub(super) fn hide(&mut self, name: &OsStr) -> bool {
        match self {
            Self::Unknown | Self::One => false,
            Self::Several(names) => !names.insert(name.into()),
        }
    }
}

/// The file system of the directory at `path`. It is asked by path, because the descriptor of a
/// directory becomes that of the lower layer when the upper one has been read.
pub(super) fn statvfs(kernel: &Kernel, path: &Path) -> Result<Box<sys::statvfs>, ErrorKind> {
    let name = path::to_kernel(path)?;
    syscall::tree::statvfs(kernel.handle(), &name, sys::ST_NOWAIT)
}

fn is_union(statvfs: &sys::statvfs) -> bool {
    let name = statvfs.f_fstypename.map(|byte| byte as u8);
    statvfs.f_flag & sys::MNT_UNION as sys::u_long != 0 || name.starts_with(b"union\0")
}
