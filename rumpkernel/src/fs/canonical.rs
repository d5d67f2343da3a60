//! Paths without links and dots.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use super::{Metadata, read_link, symlink_metadata};
use crate::error::During as _;
use crate::{Errno, Error, ErrorKind, Kernel, syscall};

/// The most links that a path may lead through, as in the kernel (`MAXSYMLINKS`).
const MOST_LINKS: usize = 32;

/// The longest path of a working directory, in bytes: four times `MAXPATHLEN`, as getcwd(3) has.
const LONGEST: usize = 4096;

/// Returns the absolute path of what is at `path`, without symbolic links and dots.
///
/// NetBSD's kernel has no such call, so that links are read one after the other: a path that
/// changes meanwhile can end anywhere on its way.
///
/// # Errors
///
/// `ENOENT` when there is nothing; `ENOTDIR` when something on the way is no directory; `ELOOP`
/// after 32 links; others of lstat(2) and readlink(2).
pub fn canonicalize(kernel: &Kernel, path: impl AsRef<Path>) -> Result<PathBuf, Error> {
    let at = path.as_ref();
    let fails = |errno| Err(ErrorKind::Errno(errno)).during_at("canonicalize", at);
    if at.as_os_str().is_empty() {
        return fails(Errno::NOENT);
    }
    // Names that are yet to be followed, the next one last; an empty one stands for a slash too
    // many, which a file must not have behind it.
    let mut names = Vec::new();
    let mut resolved = match push(&mut names, at) {
        true => PathBuf::from("/"),
        false => working_directory(kernel)?,
    };
    let mut is_dir = true;
    let mut links = 0;
    while let Some(name) = names.pop() {
        if !is_dir {
            return fails(Errno::NOTDIR);
        }
        match name.as_bytes() {
            b"" | b"." => continue,
            b".." => {
                resolved.pop();
                continue;
            }
            _ => {}
        }
        let next = resolved.join(&name);
        let found: Metadata = symlink_metadata(kernel, &next)?;
        if found.is_symlink() {
            links += 1;
            if links > MOST_LINKS {
                return fails(Errno::LOOP);
            }
            let target = read_link(kernel, &next)?;
            if target.as_os_str().is_empty() {
                return fails(Errno::NOENT);
            }
            if push(&mut names, &target) {
                resolved = PathBuf::from("/");
            }
        } else {
            is_dir = found.is_dir();
            resolved = next;
        }
    }
    Ok(resolved)
}

/// Puts the names in `path` on top of others. Returns whether it is absolute.
fn push(names: &mut Vec<OsString>, path: &Path) -> bool {
    let bytes = path.as_os_str().as_bytes();
    let relative = bytes.strip_prefix(b"/");
    let parts = relative.unwrap_or(bytes).rsplit(|byte| *byte == b'/');
    names.extend(parts.map(|part| OsStr::from_bytes(part).to_owned()));
    relative.is_some()
}

/// Returns the directory that relative paths begin at, getcwd(3).
pub(crate) fn working_directory(kernel: &Kernel) -> Result<PathBuf, Error> {
    let mut buffer = vec![0; LONGEST];
    let length = syscall::tree::getcwd(kernel.handle(), &mut buffer).during("getcwd")?;
    buffer.truncate(length);
    while buffer.pop_if(|last| *last == 0).is_some() {}
    Ok(OsString::from_vec(buffer).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_out_in_order() {
        let mut names = vec![OsString::from("rest")];
        assert!(push(&mut names, Path::new("/one//two/")));
        names.reverse();
        assert_eq!(names, ["one", "", "two", "", "rest"]);
        assert!(!push(&mut names, Path::new("relative")));
    }
}
