//! The memory file system, mount_tmpfs(8).

use std::ffi::CStr;

use rumpkernel_sys as sys;

use super::{Arguments, FileSystem};
use crate::ErrorKind;

/// An empty file system in the kernel's memory, gone when it is unmounted.
///
/// Mounting fails with `EINVAL` when the size is below one page or fewer than three files are
/// allowed.
#[derive(Debug, Clone)]
#[must_use = "mounted by Kernel::mount"]
pub struct Tmpfs {
    size: u64,
    files: u64,
    user: u32,
    group: u32,
    mode: u32,
}

impl Tmpfs {
    /// A tmpfs as large as the kernel's memory, with a root directory of mode 0755 that belongs to
    /// user 0 and group 0.
    pub fn new() -> Self {
        Self {
            size: 0,
            files: 0,
            user: 0,
            group: 0,
            mode: 0o755,
        }
    }

    /// Limits the bytes that the files may take, rounded to pages; 0 for all memory.
    pub fn size(mut self, bytes: u64) -> Self {
        self.size = bytes;
        self
    }

    /// Limits the number of files, directories and links; 0 for as many as fit.
    pub fn files(mut self, count: u64) -> Self {
        self.files = count;
        self
    }

    /// Whom the root directory belongs to.
    pub fn owner(mut self, user: u32, group: u32) -> Self {
        (self.user, self.group) = (user, group);
        self
    }

    /// The permissions of the root directory, chmod(2).
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }
}

impl Default for Tmpfs {
    fn default() -> Self {
        Self::new()
    }
}

impl FileSystem for Tmpfs {
    fn arguments(&self, _device: Option<&CStr>) -> Result<Arguments, ErrorKind> {
        let structure = sys::tmpfs_args {
            ta_version: sys::TMPFS_ARGS_VERSION,
            ta_nodes_max: self.files,
            ta_size_max: i64::try_from(self.size).unwrap_or(i64::MAX),
            ta_root_uid: self.user,
            ta_root_gid: self.group,
            ta_root_mode: self.mode & 0o7777,
        };
        // SAFETY: this is the driver's structure, and there is no pointer in it.
        Ok(unsafe { Arguments::new(c"tmpfs", structure, Vec::new()) })
    }
}
