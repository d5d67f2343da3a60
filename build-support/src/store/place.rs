//! From the store into the build's own folder, so that eviction never breaks a link.

use std::fs;
use std::io;
use std::path::Path;

/// Puts `library` at `path`, replacing what is there: as a hard link, else as a copy (which file
/// systems that can share blocks).
///
/// # Errors
///
/// If the library has gone, or the folder cannot be written.
pub fn place(library: &Path, path: &Path) -> io::Result<()> {
    if is_same_file(library, path) {
        return Ok(());
    }
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::hard_link(library, path).or_else(|_| fs::copy(library, path).map(|_| ()))
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let identity = |path| fs::metadata(path).map(|status| (status.dev(), status.ino()));
    match (identity(one), identity(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}
