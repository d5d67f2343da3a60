//! The file system of pseudo-terminals, mount_ptyfs(8).

use std::ffi::CStr;

use rumpkernel_sys as sys;

use super::{Arguments, FileSystem};
use crate::ErrorKind;

/// `PTYFS_ARGSVERSION` of fs/ptyfs/ptyfs.h.
const VERSION: i32 = 2;

/// The pseudo-terminals of the kernel as files; usually at `/dev/pts`. Group and permissions are
/// what grantpt(3) gives a terminal.
#[derive(Clone, Debug)]
#[must_use = "mounted by Kernel::mount"]
pub struct Ptyfs {
    group: u32,
    mode: u32,
}

impl Ptyfs {
    /// Terminals of group 4 (`tty` in NetBSD) that their owners can read and write, and the group
    /// can write.
    pub fn new() -> Self {
        Self {
            group: 4,
            mode: 0o620,
        }
    }

    /// The group that terminals belong to.
    pub fn group(mut self, group: u32) -> Self {
        self.group = group;
        self
    }

    /// The permissions of terminals, chmod(2).
    pub fn mode(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }
}

impl Default for Ptyfs {
    fn default() -> Self {
        Self::new()
    }
}

impl FileSystem for Ptyfs {
    fn arguments(&self, _device: Option<&CStr>) -> Result<Arguments, ErrorKind> {
        let structure = sys::ptyfs_args {
            version: VERSION,
            gid: self.group,
            mode: self.mode & 0o777,
            flags: 0,
        };
        // SAFETY: this is the driver's structure, and there is no pointer in it.
        Ok(unsafe { Arguments::new(c"ptyfs", structure, Vec::new()) })
    }
}
