//! Extended attributes, extattr(9).

use std::ffi::{OsStr, OsString, c_int};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rumpkernel_sys as sys;

use crate::error::During as _;
use crate::{Errno, Error, ErrorKind, Kernel, path, syscall};

/// The largest value or list of names that is read, in bytes. The kernel has room for 1024 bytes
/// in a value of its own making; a damaged image can claim any number.
const LARGEST: usize = 1 << 20;

/// Who may use an extended attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Namespace {
    /// Whoever may read or write the file.
    User,
    /// User 0 alone.
    System,
}

impl Namespace {
    fn code(self) -> c_int {
        match self {
            Self::User => sys::EXTATTR_NAMESPACE_USER,
            Self::System => sys::EXTATTR_NAMESPACE_SYSTEM,
        }
    }
}

/// Returns an extended attribute of what is at `path`, of a symbolic link itself,
/// extattr_get_link(2).
///
/// In the kernels of 2014 to 2016 attributes are kept by FFS 1 only, when it is mounted with
/// [`extended_attributes`](crate::mount::MountOptions::extended_attributes), and by puffs. There
/// are no ACLs.
///
/// # Errors
///
/// `ENOATTR` when there is no attribute of this name, `ENODATA` when this file has none;
/// `EOPNOTSUPP` where there are none at all; `EPERM` for another user's; `ERANGE` for one above
/// 1 MiB.
pub fn attribute(
    kernel: &Kernel,
    path: impl AsRef<Path>,
    namespace: Namespace,
    name: impl AsRef<OsStr>,
) -> Result<Vec<u8>, Error> {
    let at = path.as_ref();
    path::to_kernel(at)
        .and_then(|file| {
            let name = path::to_kernel(Path::new(name.as_ref()))?;
            whole(|buffer| {
                syscall::attribute::get(kernel.handle(), &file, namespace.code(), &name, buffer)
            })
        })
        .during_at("extattr_get", at)
}

/// Sets an extended attribute of what is at `path`, of a symbolic link itself,
/// extattr_set_link(2).
///
/// # Errors
///
/// As for [`attribute`]; `EROFS` and others of write(2).
pub fn set_attribute(
    kernel: &Kernel,
    path: impl AsRef<Path>,
    namespace: Namespace,
    name: impl AsRef<OsStr>,
    value: impl AsRef<[u8]>,
) -> Result<(), Error> {
    let at = path.as_ref();
    path::to_kernel(at)
        .and_then(|file| {
            let name = path::to_kernel(Path::new(name.as_ref()))?;
            let (namespace, value) = (namespace.code(), value.as_ref());
            syscall::attribute::set(kernel.handle(), &file, namespace, &name, value)
        })
        .during_at("extattr_set", at)
}

/// Removes an extended attribute of what is at `path`, of a symbolic link itself,
/// extattr_delete_link(2).
///
/// # Errors
///
/// As for [`set_attribute`].
pub fn remove_attribute(
    kernel: &Kernel,
    path: impl AsRef<Path>,
    namespace: Namespace,
    name: impl AsRef<OsStr>,
) -> Result<(), Error> {
    let at = path.as_ref();
    path::to_kernel(at)
        .and_then(|file| {
            let name = path::to_kernel(Path::new(name.as_ref()))?;
            syscall::attribute::delete(kernel.handle(), &file, namespace.code(), &name)
        })
        .during_at("extattr_delete", at)
}

/// Returns the names of the extended attributes of what is at `path`, of a symbolic link itself,
/// extattr_list_link(2).
///
/// # Errors
///
/// `EIO` for a list that is none; otherwise as for [`attribute`].
pub fn attributes(
    kernel: &Kernel,
    path: impl AsRef<Path>,
    namespace: Namespace,
) -> Result<Vec<OsString>, Error> {
    let at = path.as_ref();
    path::to_kernel(at)
        .and_then(|file| {
            let list = whole(|buffer| {
                syscall::attribute::list(kernel.handle(), &file, namespace.code(), buffer)
            })?;
            names(&list).ok_or(ErrorKind::Errno(Errno::IO))
        })
        .during_at("extattr_list", at)
}

/// Reads with larger and larger buffers, until there is room left.
fn whole(
    mut read: impl FnMut(&mut [u8]) -> Result<usize, ErrorKind>,
) -> Result<Vec<u8>, ErrorKind> {
    let mut buffer = vec![0; 4096];
    loop {
        let count = read(&mut buffer)?;
        if count < buffer.len() {
            buffer.truncate(count);
            return Ok(buffer);
        }
        if buffer.len() >= LARGEST {
            return Err(ErrorKind::Errno(Errno::RANGE));
        }
        buffer.resize(buffer.len() * 4, 0);
    }
}

/// The names in a list, each of which has its length in front.
fn names(mut list: &[u8]) -> Option<Vec<OsString>> {
    let mut names = Vec::new();
    while let Some((length, rest)) = list.split_first() {
        let (name, rest) = rest.split_at_checked((*length).into())?;
        names.push(OsStr::from_bytes(name).to_owned());
        list = rest;
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_have_lengths_in_front() {
        assert_eq!(names(b"\x01a\x03two").unwrap(), ["a", "two"]);
        assert_eq!(names(b"").unwrap().len(), 0);
        assert!(names(b"\x05a").is_none());
    }

    #[test]
    fn large_values_are_read_whole_and_huge_ones_refused() {
        let value = |length: usize| {
            whole(move |buffer| {
                let count = buffer.len().min(length);
                buffer[..count].fill(7);
                Ok(count)
            })
        };
        for length in [0, 10, 4096, 100_000] {
            assert_eq!(value(length).unwrap(), vec![7; length]);
        }
        assert!(value(LARGEST * 2).is_err());
    }
}
