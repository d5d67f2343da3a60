//! A directory in a second place, mount_null(8).

use std::ffi::CStr;
use std::path::{Path, PathBuf};

use rumpkernel_sys as sys;

use super::text::Text;
use super::{Arguments, FileSystem};
use crate::ErrorKind;
use crate::path::to_kernel;

/// A directory of the kernel, with all that is below it, in a second place.
///
/// Mounting fails with `ENOENT` or `ENOTDIR` when there is no such directory.
#[derive(Clone, Debug)]
#[must_use = "mounted by Kernel::mount"]
pub struct Null {
    directory: PathBuf,
}

impl Null {
    /// Shows this directory of the kernel.
    pub fn directory(path: impl AsRef<Path>) -> Self {
        Self {
            directory: path.as_ref().to_owned(),
        }
    }
}

impl FileSystem for Null {
    fn directory(&self) -> Option<&Path> {
        Some(&self.directory)
    }

    fn arguments(&self, _device: Option<&CStr>) -> Result<Arguments, ErrorKind> {
        let mut target = Text::new(&to_kernel(&self.directory)?);
        let structure = sys::null_args {
            la: sys::layer_args {
                target: target.start(),
                ..Default::default()
            },
        };
        // SAFETY: this is the driver's structure, and its pointers lead to the path or are null.
        Ok(unsafe { Arguments::new(c"null", structure, vec![target.into_memory()]) })
    }
}
