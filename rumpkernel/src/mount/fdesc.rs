//! The file system of open files, mount_fdesc(8).

use std::ffi::CStr;

use super::{Arguments, FileSystem};
use crate::ErrorKind;

/// The files that the program has open in the kernel, as `fd/0`, `fd/1`, …; usually over `/dev`.
#[derive(Clone, Debug, Default)]
#[must_use = "mounted by Kernel::mount"]
pub struct Fdesc {
    _private: (),
}

impl Fdesc {
    /// The open files of whoever looks.
    pub fn new() -> Self {
        Self::default()
    }
}

impl FileSystem for Fdesc {
    fn arguments(&self, _device: Option<&CStr>) -> Result<Arguments, ErrorKind> {
        Ok(Arguments::none(c"fdesc"))
    }
}
