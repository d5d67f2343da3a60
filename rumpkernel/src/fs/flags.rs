//! Flags of files, chflags(2).

use std::fmt;
use std::ops::{BitOr, BitOrAssign, Sub};
use std::path::Path;

use rumpkernel_sys as sys;

use super::File;
use crate::error::During as _;
use crate::{Error, Kernel, path, syscall};

/// Flags of a file, `st_flags`: a set, put together with `|` and taken apart with `-`.
///
/// Bits without a name here are kept as they are.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Flags(u32);

impl Flags {
    /// Not to be dumped, for backup programs. The owner's to set.
    pub const NO_DUMP: Self = Self(sys::UF_NODUMP as u32);
    /// Neither changed, renamed nor removed by anybody until the flag is gone. The owner's to set.
    pub const IMMUTABLE: Self = Self(sys::UF_IMMUTABLE as u32);
    /// Written at its end only. The owner's to set.
    pub const APPEND: Self = Self(sys::UF_APPEND as u32);
    /// A directory that hides what is below it in a union mount. The owner's to set.
    pub const OPAQUE: Self = Self(sys::UF_OPAQUE as u32);
    /// In an archive. User 0's to set, as the following.
    pub const SYSTEM_ARCHIVED: Self = Self(sys::SF_ARCHIVED as u32);
    /// Another name of [`IMMUTABLE`](Self::IMMUTABLE).
    pub const SYSTEM_IMMUTABLE: Self = Self(sys::SF_IMMUTABLE as u32);
    /// Another name of [`APPEND`](Self::APPEND).
    pub const SYSTEM_APPEND: Self = Self(sys::SF_APPEND as u32);
    /// A snapshot of its file system; the kernel's to set.
    pub const SNAPSHOT: Self = Self(sys::SF_SNAPSHOT as u32);

    const NAMES: [(Self, &str); 8] = [
        (Self::NO_DUMP, "NO_DUMP"),
        (Self::IMMUTABLE, "IMMUTABLE"),
        (Self::APPEND, "APPEND"),
        (Self::OPAQUE, "OPAQUE"),
        (Self::SYSTEM_ARCHIVED, "SYSTEM_ARCHIVED"),
        (Self::SYSTEM_IMMUTABLE, "SYSTEM_IMMUTABLE"),
        (Self::SYSTEM_APPEND, "SYSTEM_APPEND"),
        (Self::SNAPSHOT, "SNAPSHOT"),
    ];

    /// No flags.
    pub const fn empty() -> Self {
        Self(0)
    }

    /// From the bits of `st_flags`, such as `rumpkernel_sys::UF_NODUMP`.
    pub const fn from_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The bits of `st_flags`.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Returns whether no flag is set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns whether all of `other` are set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Flags {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl Sub for Flags {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = Self::NAMES.iter().filter(|(flag, _)| self.contains(*flag));
        let rest = Self::NAMES
            .iter()
            .fold(*self, |rest, (flag, _)| rest - *flag);
        let mut words: Vec<String> = named.map(|(_, name)| (*name).to_owned()).collect();
        if !rest.is_empty() || words.is_empty() {
            words.push(format!("{:#x}", rest.0));
        }
        write!(f, "Flags({})", words.join(" | "))
    }
}

/// Sets the flags of what is at `path`, following symbolic links, chflags(2). FFS and tmpfs keep
/// flags; other file systems refuse them, or some.
///
/// # Errors
///
/// `EOPNOTSUPP` when the file system has no flags; others of chflags(2).
pub fn set_flags(kernel: &Kernel, path: impl AsRef<Path>, flags: Flags) -> Result<(), Error> {
    let at = path.as_ref();
    path::to_kernel(at)
        .and_then(|name| syscall::tree::chflags(kernel.handle(), &name, flags.0))
        .during_at("chflags", at)
}

/// Sets the flags of what is at `path`, of a symbolic link itself, lchflags(2).
///
/// # Errors
///
/// As for [`set_flags`].
pub fn set_symlink_flags(
    kernel: &Kernel,
    path: impl AsRef<Path>,
    flags: Flags,
) -> Result<(), Error> {
    let at = path.as_ref();
    path::to_kernel(at)
        .and_then(|name| syscall::tree::lchflags(kernel.handle(), &name, flags.0))
        .during_at("lchflags", at)
}

impl File {
    /// Sets the flags, fchflags(2).
    ///
    /// # Errors
    ///
    /// As for [`set_flags`].
    pub fn set_flags(&self, flags: Flags) -> Result<(), Error> {
        self.descriptor()
            .fchflags(flags.0)
            .during_at("fchflags", self.path())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_a_set() {
        let both = Flags::NO_DUMP | Flags::SYSTEM_APPEND;
        assert!(both.contains(Flags::NO_DUMP) && !both.contains(Flags::APPEND));
        assert_eq!(both - Flags::NO_DUMP, Flags::SYSTEM_APPEND);
        assert_eq!(format!("{both:?}"), "Flags(NO_DUMP | SYSTEM_APPEND)");
        assert_eq!(format!("{:?}", Flags::empty()), "Flags(0x0)");
        let unknown = Flags::from_bits(0x100) | Flags::OPAQUE;
        assert_eq!(format!("{unknown:?}"), "Flags(OPAQUE | 0x100)");
    }
}
