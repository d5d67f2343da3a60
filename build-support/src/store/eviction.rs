//! Keeps the store within its size.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{ANSWER, INPUTS, LIBRARY, NOTE};

/// The beginning of the names of files that are being written.
pub(super) const UNFINISHED: &str = ".unfinished-";

/// After so long a file that was being written has been given up.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// All files that belong to one library, or to none.
#[derive(Default)]
struct Group {
    used: Option<SystemTime>,
    bytes: u64,
    files: Vec<PathBuf>,
}

/// Removes what was not used for longest until at most `limit` bytes are left.
pub(super) fn evict(root: &Path, limit: u64) -> io::Result<()> {
    let lock = File::create(root.join("lock"))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(()),
        Err(TryLockError::Error(error)) => return Err(error),
    }
    let mut groups: BTreeMap<PathBuf, Group> = BTreeMap::new();
    for target in folders(root)? {
        for component in folders(&target)? {
            collect(&component, &mut groups)?;
        }
    }
    let mut total: u64 = groups.values().map(|group| group.bytes).sum();
    let mut groups: Vec<Group> = groups.into_values().collect();
    groups.sort_by_key(|group| group.used);
    for group in groups {
        if total <= limit {
            break;
        }
        for file in &group.files {
            match fs::remove_file(file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        total -= group.bytes;
    }
    Ok(())
}

/// The folders in a folder.
pub(super) fn folders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// Sorts a component's files by the library that they belong to.
fn collect(folder: &Path, groups: &mut BTreeMap<PathBuf, Group>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        // Another process may have removed it since.
        let Ok(status) = entry.metadata() else {
            continue;
        };
        let extension = path.extension().unwrap_or_default();
        let is_entry = [LIBRARY, INPUTS, ANSWER, NOTE]
            .iter()
            .any(|kind| extension == *kind);
        let modified = status.modified().ok();
        let abandoned = entry.file_name().to_string_lossy().starts_with(UNFINISHED)
            && modified.is_some_and(|time| time.elapsed().is_ok_and(|age| age > ABANDONED));
        if !is_entry && !abandoned {
            continue;
        }
        let group = groups.entry(path.with_extension("")).or_default();
        group.bytes += status.len();
        group.files.push(path.clone());
        // A list's time is that of the last use; a library's is that of its making.
        if extension != LIBRARY {
            group.used = modified;
        }
    }
    Ok(())
}
