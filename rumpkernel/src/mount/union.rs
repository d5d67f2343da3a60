//! Two directories as one, mount_union(8).

use std::ffi::{CStr, c_int};
use std::path::{Path, PathBuf};

use rumpkernel_sys as sys;

use super::text::Text;
use super::{Arguments, FileSystem};
use crate::ErrorKind;
use crate::path::to_kernel;

/// Two directories of the kernel as one, at the mount point, which is one of them.
///
/// The upper one takes all changes: a file of the lower one is copied there before it is written,
/// and what is removed is hidden by a whiteout. So its file system has to be one with whiteouts
/// (FFS, LFS, tmpfs) unless the mount is read-only; with others mounting fails with `EOPNOTSUPP`.
/// Names that both have are shown once, as readdir(3) of NetBSD's libc does.
#[derive(Clone, Debug)]
#[must_use = "mounted by Kernel::mount"]
pub struct Union {
    directory: PathBuf,
    placement: c_int,
}

impl Union {
    /// Lays a directory of the kernel over what the mount point has: it takes the changes.
    pub fn over(path: impl AsRef<Path>) -> Self {
        Self::new(path, sys::UNMNT_ABOVE)
    }

    /// Lays a directory of the kernel below the mount point, which takes the changes.
    pub fn under(path: impl AsRef<Path>) -> Self {
        Self::new(path, sys::UNMNT_BELOW)
    }

    fn new(path: impl AsRef<Path>, placement: c_int) -> Self {
        Self {
            directory: path.as_ref().to_owned(),
            placement,
        }
    }
}

impl FileSystem for Union {
    fn directory(&self) -> Option<&Path> {
        Some(&self.directory)
    }

    fn arguments(&self, _device: Option<&CStr>) -> Result<Arguments, ErrorKind> {
        let mut target = Text::new(&to_kernel(&self.directory)?);
        let structure = sys::union_args {
            target: target.start(),
            mntflags: self.placement,
        };
        // SAFETY: this is the driver's structure, and its pointer leads to the path.
        Ok(unsafe { Arguments::new(c"union", structure, vec![target.into_memory()]) })
    }
}
