//! The file system of MS-DOS and Windows, mount_msdos(8).

use std::ffi::{CStr, c_int};

use rumpkernel_sys as sys;

use super::ownership::Ownership;
use super::text::Text;
use super::{Arguments, FileSystem, Medium};
use crate::ErrorKind;

/// FAT12, FAT16 or FAT32 in a host image or disk, with long names in UTF-8. A short name without a
/// long one is shown in upper case, and in Latin-1 beyond ASCII.
///
/// Files have no owners and few permissions: they belong to whom [`owner`](Self::owner) says, and
/// making one read-only clears its write permissions for all. There are no links. Times are local
/// ([`utc_offset`](Self::utc_offset)), from 1980 to 2107 in steps of two seconds, those of access in
/// steps of a day. After a loss of power `fsck.fat` has to repair what was mounted for writing.
#[derive(Debug)]
#[must_use = "mounted by Kernel::mount"]
pub struct Msdos {
    medium: Medium,
    names: c_int,
    ownership: Ownership,
    utc_offset: c_int,
}

on_medium! {
    ///
    /// Files belong to user 0 and group 0, with the permissions 0755, and times are UTC.
    Msdos
}

impl Msdos {
    fn new(medium: Medium) -> Self {
        Self {
            medium,
            names: sys::MSDOSFSMNT_LONGNAME,
            ownership: Ownership::default(),
            utc_offset: 0,
        }
    }

    /// Shows and makes short names only: eleven characters, without long names beside them. They
    /// are shown in lower case, and in Latin-1 beyond ASCII; a longer one that is made becomes one
    /// such as ANEWNA~1.
    pub fn short_names(mut self) -> Self {
        self.names = sys::MSDOSFSMNT_SHORTNAME | sys::MSDOSFSMNT_NOWIN95;
        self
    }

    /// Reads the variant of the Atari ST (GEMDOS).
    pub fn gemdos(mut self) -> Self {
        self.names |= sys::MSDOSFSMNT_GEMDOSFS;
        self
    }

    /// Whom all files belong to.
    pub fn owner(mut self, user: u32, group: u32) -> Self {
        (self.ownership.user, self.ownership.group) = (user, group);
        self
    }

    /// The permissions of files and those of directories, of which a file that is read-only lacks
    /// writing.
    pub fn permissions(mut self, files: u32, directories: u32) -> Self {
        (self.ownership.files, self.ownership.directories) = (files, directories);
        self
    }

    /// The time zone that times on the disk are in, in seconds east of UTC.
    pub fn utc_offset(mut self, seconds: i32) -> Self {
        self.utc_offset = seconds;
        self
    }
}

impl FileSystem for Msdos {
    fn medium(&mut self) -> Option<&mut Medium> {
        Some(&mut self.medium)
    }

    fn arguments(&self, device: Option<&CStr>) -> Result<Arguments, ErrorKind> {
        let mut device = Text::of_device(device)?;
        let structure = sys::msdosfs_args {
            fspec: device.start(),
            uid: self.ownership.user,
            gid: self.ownership.group,
            mask: self.ownership.files & 0o777,
            dirmask: self.ownership.directories & 0o777,
            flags: self.names | sys::MSDOSFSMNT_UTF8 | sys::MSDOSFSMNT_VERSIONED,
            version: sys::MSDOSFSMNT_VERSION,
            gmtoff: self.utc_offset,
            ..Default::default()
        };
        // SAFETY: this is the driver's structure, and its pointers lead to the node's name or are
        // null.
        Ok(unsafe { Arguments::new(c"msdos", structure, vec![device.into_memory()]) })
    }
}
