//! The file system of Windows NT, mount_ntfs(8).

use std::ffi::{CStr, c_int};

use rumpkernel_sys as sys;

use super::text::Text;
use super::{Arguments, FileSystem, Medium, Writing};
use crate::ErrorKind;

/// NTFS in a host image or disk, with clusters of 512 bytes to 64 KiB. Read only unless asked.
///
/// The driver can overwrite files in place, and nothing else: it makes none longer, and creates and
/// removes none. Files have no owners and permissions but those that the mount gives them. Times are
/// those in a file's name attribute, which Windows does not always keep up to date.
#[derive(Debug)]
#[must_use = "mounted by Kernel::mount"]
pub struct Ntfs {
    medium: Medium,
    owner: (u32, u32),
    mode: u32,
    flags: c_int,
}

on_medium! {
    ///
    /// Files belong to user 0 and group 0, with the permissions 0755.
    Ntfs
}

impl Ntfs {
    fn new(medium: Medium) -> Self {
        Self {
            medium,
            owner: (0, 0),
            mode: 0o755,
            flags: 0,
        }
    }

    /// Whom all files belong to.
    pub fn owner(mut self, user: u32, group: u32) -> Self {
        self.owner = (user, group);
        self
    }

    /// The permissions of all files and directories.
    pub fn permissions(mut self, mode: u32) -> Self {
        self.mode = mode;
        self
    }

    /// Finds names whatever their case, but for those in the POSIX name space, which Windows does
    /// not make.
    pub fn any_case(mut self) -> Self {
        self.flags |= sys::NTFS_MFLAG_CASEINS;
        self
    }

    /// Lists also the short names that Windows keeps for MS-DOS.
    pub fn short_names(mut self) -> Self {
        self.flags |= sys::NTFS_MFLAG_ALLNAMES;
        self
    }
}

impl FileSystem for Ntfs {
    fn medium(&mut self) -> Option<&mut Medium> {
        Some(&mut self.medium)
    }

    fn writing(&self) -> Writing {
        Writing::OnRequest
    }

    fn arguments(&self, device: Option<&CStr>) -> Result<Arguments, ErrorKind> {
        let mut device = Text::of_device(device)?;
        let structure = sys::ntfs_args {
            fspec: device.start(),
            uid: self.owner.0,
            gid: self.owner.1,
            mode: self.mode & 0o777,
            flag: self.flags as sys::u_long,
            ..Default::default()
        };
        // SAFETY: this is the driver's structure, and its pointers lead to the node's name or are
        // null.
        Ok(unsafe { Arguments::new(c"ntfs", structure, vec![device.into_memory()]) })
    }
}
