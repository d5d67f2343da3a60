//! Making, naming and removing files and directories.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use super::File;
use super::metadata::stat;
use crate::error::During as _;
use crate::path::{self, KernelPath};
use crate::{Errno, Error, ErrorKind, Kernel, syscall};

/// The longest target of a symbolic link, `MAXPATHLEN`.
pub(super) const LONGEST_LINK: usize = 1024;

/// Removes a file, a link or anything else that is no directory, unlink(2).
///
/// # Errors
///
/// `EPERM` for a directory; others of unlink(2).
pub fn remove_file(kernel: &Kernel, path: impl AsRef<Path>) -> Result<(), Error> {
    let at = path.as_ref();
    path::to_kernel(at)
        .and_then(|name| syscall::tree::unlink(kernel.handle(), &name))
        .during_at("unlink", at)
}

/// Removes an empty directory, rmdir(2).
///
/// # Errors
///
/// `ENOTEMPTY`, and others of rmdir(2).
pub fn remove_dir(kernel: &Kernel, path: impl AsRef<Path>) -> Result<(), Error> {
    let at = path.as_ref();
    path::to_kernel(at)
        .and_then(|name| syscall::tree::rmdir(kernel.handle(), &name))
        .during_at("rmdir", at)
}

/// Gives a file another name, replacing what had that name, rename(2).
///
/// # Errors
///
/// `EXDEV` between file systems; others of rename(2).
pub fn rename(kernel: &Kernel, from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<(), Error> {
    let (from, to) = (from.as_ref(), to.as_ref());
    both(from, to)
        .and_then(|(old, new)| syscall::tree::rename(kernel.handle(), &old, &new))
        .during_at("rename", (from, "to", to))
}

/// Gives a file one more name, link(2).
///
/// # Errors
///
/// `EXDEV` between file systems; others of link(2).
pub fn hard_link(
    kernel: &Kernel,
    original: impl AsRef<Path>,
    link: impl AsRef<Path>,
) -> Result<(), Error> {
    let (original, link) = (original.as_ref(), link.as_ref());
    both(original, link)
        .and_then(|(old, new)| syscall::tree::link(kernel.handle(), &old, &new))
        .during_at("link", (original, "to", link))
}

/// Makes a symbolic link at `link` that leads to `target`, symlink(2).
///
/// # Errors
///
/// Those of symlink(2).
pub fn symlink(
    kernel: &Kernel,
    target: impl AsRef<Path>,
    link: impl AsRef<Path>,
) -> Result<(), Error> {
    let (target, link) = (target.as_ref(), link.as_ref());
    both(target, link)
        .and_then(|(target, link)| syscall::tree::symlink(kernel.handle(), &target, &link))
        .during_at("symlink", (target, "at", link))
}

/// Returns the path that a symbolic link holds, readlink(2).
///
/// # Errors
///
/// `EINVAL` when there is no link; others of readlink(2).
pub fn read_link(kernel: &Kernel, path: impl AsRef<Path>) -> Result<PathBuf, Error> {
    let at = path.as_ref();
    let name = path::to_kernel(at).during_at("readlink", at)?;
    let mut buffer = vec![0; LONGEST_LINK];
    let length =
        syscall::tree::readlink(kernel.handle(), &name, &mut buffer).during_at("readlink", at)?;
    buffer.truncate(length);
    Ok(OsString::from_vec(buffer).into())
}

/// Returns whether there is a file at `path`, following symbolic links.
///
/// # Errors
///
/// Those of stat(2), except that there is none.
pub fn exists(kernel: &Kernel, path: impl AsRef<Path>) -> Result<bool, Error> {
    let at = path.as_ref();
    match stat(kernel, at) {
        Ok(_) => Ok(true),
        Err(ErrorKind::Errno(Errno::NOENT)) => Ok(false),
        Err(kind) => Err(kind).during_at("stat", at),
    }
}

/// Changes whom the file at `path` belongs to, following symbolic links, chown(2); `None` leaves
/// it.
///
/// # Errors
///
/// Those of chown(2).
pub fn chown(
    kernel: &Kernel,
    path: impl AsRef<Path>,
    user: Option<u32>,
    group: Option<u32>,
) -> Result<(), Error> {
    let at = path.as_ref();
    let (user, group) = (user.unwrap_or(u32::MAX), group.unwrap_or(u32::MAX));
    path::to_kernel(at)
        .and_then(|name| syscall::tree::chown(kernel.handle(), &name, user, group))
        .during_at("chown", at)
}

/// Like [`chown`], of the symbolic link itself, lchown(2).
///
/// # Errors
///
/// Those of lchown(2).
pub fn lchown(
    kernel: &Kernel,
    path: impl AsRef<Path>,
    user: Option<u32>,
    group: Option<u32>,
) -> Result<(), Error> {
    let at = path.as_ref();
    let (user, group) = (user.unwrap_or(u32::MAX), group.unwrap_or(u32::MAX));
    path::to_kernel(at)
        .and_then(|name| syscall::tree::lchown(kernel.handle(), &name, user, group))
        .during_at("lchown", at)
}

/// Changes whom an open file belongs to, fchown(2), as `std::os::unix::fs::fchown` does.
///
/// # Errors
///
/// Those of fchown(2).
pub fn fchown(file: &File, user: Option<u32>, group: Option<u32>) -> Result<(), Error> {
    file.chown(user, group)
}

fn both(one: &Path, other: &Path) -> Result<(KernelPath, KernelPath), ErrorKind> {
    Ok((path::to_kernel(one)?, path::to_kernel(other)?))
}
