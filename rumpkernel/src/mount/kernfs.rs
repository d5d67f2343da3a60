//! The file system of kernel information, mount_kernfs(8).

use std::ffi::CStr;

use super::{Arguments, FileSystem};
use crate::ErrorKind;

/// Facts about the kernel as files: `version`, `hostname`, `boottime`, `loadavg`, …
#[derive(Debug, Clone, Default)]
#[must_use = "mounted by Kernel::mount"]
pub struct Kernfs {
    _private: (),
}

impl Kernfs {
    /// The information of the kernel that mounts it.
    pub fn new() -> Self {
        Self::default()
    }
}

impl FileSystem for Kernfs {
    fn arguments(&self, _device: Option<&CStr>) -> Result<Arguments, ErrorKind> {
        Ok(Arguments::none(c"kernfs"))
    }
}
