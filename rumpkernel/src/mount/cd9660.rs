//! The file system of CD-ROMs, mount_cd9660(8).

use std::ffi::{CStr, c_int};

use rumpkernel_sys as sys;

use super::text::Text;
use super::{Arguments, FileSystem, Medium, Writing};
use crate::ErrorKind;

/// ISO 9660 in a host image or disk, with the extensions of Rock Ridge and Joliet. Read only.
///
/// Names, owners, permissions and symbolic links are those of Rock Ridge where an image has them;
/// otherwise names are Joliet's, in UTF-8; otherwise the plain ones, in lower case and without
/// version numbers. A file in several extents (above 4 GiB) shows as several entries of the same
/// name.
#[derive(Debug)]
#[must_use = "mounted by Kernel::mount"]
pub struct Cd9660 {
    medium: Medium,
    flags: c_int,
}

on_medium!(Cd9660);

impl Cd9660 {
    fn new(medium: Medium) -> Self {
        Self { medium, flags: 0 }
    }

    /// Ignores Rock Ridge's extensions.
    pub fn no_rock_ridge(self) -> Self {
        self.with(sys::ISOFSMNT_NORRIP)
    }

    /// Ignores Joliet's extensions, which are used where there are none of Rock Ridge.
    pub fn no_joliet(self) -> Self {
        self.with(sys::ISOFSMNT_NOJOLIET)
    }

    /// Shows extended attribute records as permissions and owners.
    pub fn extended_attributes(self) -> Self {
        self.with(sys::ISOFSMNT_EXTATT)
    }

    /// Shows all versions of a file, with their version numbers, where there are no extensions of
    /// Rock Ridge.
    pub fn versions(self) -> Self {
        self.with(sys::ISOFSMNT_GENS)
    }

    /// Leaves plain names in upper case, unless [`versions`](Self::versions) are shown.
    pub fn upper_case(self) -> Self {
        self.with(sys::ISOFSMNT_NOCASETRANS)
    }

    fn with(mut self, flag: c_int) -> Self {
        self.flags |= flag;
        self
    }
}

impl FileSystem for Cd9660 {
    fn medium(&mut self) -> Option<&mut Medium> {
        Some(&mut self.medium)
    }

    fn writing(&self) -> Writing {
        Writing::Never
    }

    fn arguments(&self, device: Option<&CStr>) -> Result<Arguments, ErrorKind> {
        let mut device = Text::of_device(device)?;
        let structure = sys::iso_args {
            fspec: device.start(),
            flags: self.flags,
            ..Default::default()
        };
        // SAFETY: this is the driver's structure, and its pointers lead to the node's name or are
        // null.
        Ok(unsafe { Arguments::new(c"cd9660", structure, vec![device.into_memory()]) })
    }
}
