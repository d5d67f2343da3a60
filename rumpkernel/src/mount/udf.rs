//! The universal disk format, mount_udf(8).

use std::ffi::CStr;

use rumpkernel_sys as sys;

use super::text::Text;
use super::{Arguments, FileSystem, Medium};
use crate::ErrorKind;

/// What stands in a file without owner. The driver writes it for a user of the mount's choice,
/// which is this one here: nobody's.
const NOBODY: u32 = u32::MAX;

/// UDF, the file system of DVDs and Blu-ray discs, in a host image or disk.
///
/// The image's block size has to be the disk's, 512 bytes unless the kernel was booted with another
/// (the parameter `RUMP_BLKSECTSHIFT`). It counts as one session. Times are from 1970 to 9999.
#[derive(Debug)]
#[must_use = "mounted by Kernel::mount"]
pub struct Udf {
    medium: Medium,
    anonymous: (u32, u32),
    utc_offset: i32,
}

on_medium! {
    ///
    /// Files that name no owner belong to user 0 and group 0.
    Udf
}

impl Udf {
    fn new(medium: Medium) -> Self {
        Self {
            medium,
            anonymous: (0, 0),
            utc_offset: 0,
        }
    }

    /// Whom the files belong to that name no owner, or no group. What is created names its owner,
    /// and the group that its directory names.
    pub fn anonymous(mut self, user: u32, group: u32) -> Self {
        self.anonymous = (user, group);
        self
    }

    /// The time zone of times that name none, in seconds east of UTC.
    pub fn utc_offset(mut self, seconds: i32) -> Self {
        self.utc_offset = seconds;
        self
    }
}

impl FileSystem for Udf {
    fn medium(&mut self) -> Option<&mut Medium> {
        Some(&mut self.medium)
    }

    fn arguments(&self, device: Option<&CStr>) -> Result<Arguments, ErrorKind> {
        let mut device = Text::of_device(device)?;
        let structure = sys::udf_args {
            version: sys::UDFMNT_VERSION as u32,
            fspec: device.start(),
            gmtoff: self.utc_offset,
            anon_uid: self.anonymous.0,
            anon_gid: self.anonymous.1,
            nobody_uid: NOBODY,
            nobody_gid: NOBODY,
            ..Default::default()
        };
        // SAFETY: this is the driver's structure, and its pointer leads to the node's name.
        Ok(unsafe { Arguments::new(c"udf", structure, vec![device.into_memory()]) })
    }
}
