//! Removing whole trees.

use std::ffi::OsString;
use std::path::Path;

use super::{Dir, DirEntry, remove_dir, symlink_metadata};
use crate::error::During as _;
use crate::{Errno, Error, ErrorKind, Kernel};

/// A directory that is being emptied.
struct Level {
    directory: Dir,
    /// Its name in the directory above; none for the first.
    name: OsString,
    entries: Vec<DirEntry>,
}

/// Removes a directory with everything in it. Symbolic links are removed, not followed: also if
/// somebody puts one in the place of a directory meanwhile.
///
/// # Errors
///
/// `ENOTDIR` when there is no directory; `EBUSY` when something is mounted in it; `ENOTEMPTY` when
/// somebody makes new files in it meanwhile; others of rmdir(2), unlink(2) and getdents(2). What
/// was removed until then is gone.
pub fn remove_dir_all(kernel: &Kernel, path: impl AsRef<Path>) -> Result<(), Error> {
    let top = path.as_ref();
    if !symlink_metadata(kernel, top)?.is_dir() {
        return Err(ErrorKind::Errno(Errno::NOTDIR)).during_at("rmdir", top);
    }
    // The innermost last.
    let mut levels = vec![Level::enter(Dir::open_real(kernel, top)?, OsString::new())?];
    while let Some(level) = levels.last_mut() {
        let Some(entry) = level.entries.pop() else {
            let emptied = levels.pop();
            if let (Some(above), Some(emptied)) = (levels.last(), emptied) {
                // Closed first: a file system may keep what is open.
                drop(emptied.directory);
                unless_vanished(above.directory.remove_dir(&emptied.name))?;
            }
            continue;
        };
        let name = entry.file_name();
        let removed = match entry.file_type() {
            Ok(kind) if kind.is_dir() => match level.directory.open_dir(&name) {
                Ok(inner) => {
                    let inner = Level::enter(inner, name)?;
                    levels.push(inner);
                    Ok(())
                }
                // It has become something else.
                Err(error) if is_no_directory(&error) => level.directory.remove_file(&name),
                Err(error) => Err(error),
            },
            Ok(_) => level.directory.remove_file(&name),
            Err(error) => Err(error),
        };
        unless_vanished(removed)?;
    }
    remove_dir(kernel, top)
}

impl Level {
    fn enter(directory: Dir, name: OsString) -> Result<Self, Error> {
        // All names at once: where removing moves entries, a listing would miss some.
        let entries = directory.read_dir()?.collect::<Result<_, Error>>()?;
        Ok(Self {
            directory,
            name,
            entries,
        })
    }
}

fn is_no_directory(error: &Error) -> bool {
    matches!(error.errno(), Some(Errno::LOOP | Errno::NOTDIR))
}

fn unless_vanished(result: Result<(), Error>) -> Result<(), Error> {
    match result {
        Err(error) if error.errno() == Some(Errno::NOENT) => Ok(()),
        result => result,
    }
}
