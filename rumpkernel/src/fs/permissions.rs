//! Permissions, chmod(2).

use std::path::Path;

use crate::error::During as _;
use crate::{Error, Kernel, path, syscall};

/// The permissions of a file, like `std::fs::Permissions`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Permissions {
    mode: u32,
}

impl Permissions {
    /// From the bits of chmod(2): permissions, set-user-ID, set-group-ID and sticky.
    pub fn from_mode(mode: u32) -> Self {
        Self {
            mode: mode & 0o7777,
        }
    }

    /// The bits of chmod(2).
    pub fn mode(&self) -> u32 {
        self.mode
    }

    /// Changes the bits.
    pub fn set_mode(&mut self, mode: u32) {
        *self = Self::from_mode(mode);
    }

    /// Returns whether nobody may write.
    pub fn readonly(&self) -> bool {
        self.mode & 0o222 == 0
    }

    /// Forbids everybody to write, or allows everybody.
    pub fn set_readonly(&mut self, readonly: bool) {
        match readonly {
            true => self.mode &= !0o222,
            false => self.mode |= 0o222,
        }
    }
}

/// Changes the permissions of the file at `path`, following symbolic links, chmod(2).
///
/// # Errors
///
/// Those of chmod(2).
pub fn set_permissions(
    kernel: &Kernel,
    path: impl AsRef<Path>,
    permissions: Permissions,
) -> Result<(), Error> {
    let at = path.as_ref();
    path::to_kernel(at)
        .and_then(|name| syscall::tree::chmod(kernel.handle(), &name, permissions.mode()))
        .during_at("chmod", at)
}
