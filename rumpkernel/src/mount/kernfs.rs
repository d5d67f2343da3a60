//! The file system of kernel information, mount_kernfs(8).

use std::ffi::{CStr, c_int};

use super::file_system::{Describe, MountCall};
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

impl Describe for Kernfs {
    const NAME: &'static CStr = c"kernfs";

    fn flags(&self) -> c_int {
        0
    }

    fn mount(&self, call: &MountCall<'_>) -> Result<(), ErrorKind> {
        call.without_arguments()
    }
}
