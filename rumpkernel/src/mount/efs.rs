//! The extent file system of SGI, mount_efs(8).

use std::ffi::CStr;
use std::path::{Path, PathBuf};

use rumpkernel_sys as sys;

use super::text::Text;
use super::{Arguments, FileSystem, Writing};
use crate::ErrorKind;

/// `EFS_MNT_VERSION` of fs/efs/efs_mount.h.
const VERSION: i32 = 0;

/// The extent file system (EFS) of IRIX in a host image or disk. Read only.
#[derive(Clone, Debug)]
#[must_use = "mounted by Kernel::mount"]
pub struct Efs {
    image: PathBuf,
}

impl Efs {
    /// The file system in this image or disk of the host.
    pub fn image(path: impl AsRef<Path>) -> Self {
        Self {
            image: path.as_ref().to_owned(),
        }
    }
}

impl FileSystem for Efs {
    fn image(&self) -> Option<&Path> {
        Some(&self.image)
    }

    fn writing(&self) -> Writing {
        Writing::Never
    }

    fn arguments(&self, device: Option<&CStr>) -> Result<Arguments, ErrorKind> {
        let mut device = Text::of_device(device)?;
        let structure = sys::efs_args {
            fspec: device.start(),
            version: VERSION,
        };
        // SAFETY: this is the driver's structure, and its pointer leads to the node's name.
        Ok(unsafe { Arguments::new(c"efs", structure, vec![device.into_memory()]) })
    }
}
