//! The extent file system of SGI, mount_efs(8).

use std::ffi::CStr;

use rumpkernel_sys as sys;

use super::text::Text;
use super::{Arguments, FileSystem, Medium, Writing};
use crate::ErrorKind;

/// `EFS_MNT_VERSION` of fs/efs/efs_mount.h.
const VERSION: i32 = 0;

/// The extent file system (EFS) of IRIX in a host image or disk. Read only.
#[derive(Debug)]
#[must_use = "mounted by Kernel::mount"]
pub struct Efs {
    medium: Medium,
}

on_medium!(Efs);

impl Efs {
    fn new(medium: Medium) -> Self {
        Self { medium }
    }
}

impl FileSystem for Efs {
    fn medium(&mut self) -> Option<&mut Medium> {
        Some(&mut self.medium)
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
