//! What the cache of source trees holds, and how it goes.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::cache::{self, Cache};
use super::digest::Digest;
use super::error::Error;
use super::staging::cache_error;
use crate::held;

/// Something that the cache holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What it is.
    pub content: Content,
    /// The file or folder.
    pub path: PathBuf,
    /// What it takes on the disk, in bytes.
    pub bytes: u64,
}

/// What a part of the cache is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// A source tree with the manifest of this digest.
    Tree(Digest),
    /// What is being brought in, or was when a process ended.
    Unfinished,
    /// What was noted of sources outside the cache.
    Notes,
}

/// Everything in the cache below `cache_dir`, sorted by path; nothing if there is none.
///
/// # Errors
///
/// [`Error::Read`] if the cache cannot be read.
pub fn contents(cache_dir: &Path) -> Result<Vec<Kept>, Error> {
    let root = Cache::new(cache_dir).root().to_owned();
    let fail = |source| Error::Read {
        path: root.clone(),
        source,
    };
    let entries = match fs::read_dir(&root) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(fail)?,
    };
    let mut kept = Vec::new();
    for entry in entries {
        let path = entry.map_err(fail)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let content = if let Ok(digest) = name.parse() {
            Content::Tree(digest)
        } else if name.ends_with(".part") || name.ends_with(".download") {
            Content::Unfinished
        } else if name == cache::NOTES {
            Content::Notes
        } else {
            // Locks stay: who waits for one has it open already.
            continue;
        };
        kept.push(Kept {
            content,
            bytes: size(&path),
            path,
        });
    }
    kept.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(kept)
}

impl Kept {
    /// Removes it. A tree goes wholly or not at all.
    ///
    /// # Errors
    ///
    /// [`Error::InUse`] if a build uses it or a process is filling it, [`Error::Cache`] if it cannot be
    /// removed. That it has gone already is none.
    pub fn remove(&self) -> Result<(), Error> {
        let Some(_lock) = self.lock()? else {
            return Err(self.in_use());
        };
        let Content::Tree(_) = self.content else {
            return self.remove_path(&self.path);
        };
        match held::seize(&self.path) {
            Ok(Some(_held)) => {
                // Under another name, so that half of it is never taken for the tree; the next filler clears
                // that away.
                let part = self.path.with_extension("part");
                cache::remove(&part)?;
                fs::rename(&self.path, &part)
                    .map_err(|source| cache_error("rename", &self.path, source))?;
                cache::remove(&part)
            }
            Ok(None) => Err(self.in_use()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(cache_error("lock", &self.path, error)),
        }
    }

    /// The lock of who fills it; none while somebody has it.
    fn lock(&self) -> Result<Option<File>, Error> {
        let path = self.path.with_extension("lock");
        let file = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|source| cache_error("create", &path, source))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(cache_error("lock", &path, source)),
        }
    }

    fn remove_path(&self, path: &Path) -> Result<(), Error> {
        if path.is_dir() {
            return cache::remove(path);
        }
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(cache_error("remove", path, error))
            }
            _ => Ok(()),
        }
    }

    fn in_use(&self) -> Error {
        Error::InUse {
            path: self.path.clone(),
        }
    }
}

/// What a file or folder takes on the disk. What cannot be looked at counts nothing.
fn size(path: &Path) -> u64 {
    let Ok(status) = fs::symlink_metadata(path) else {
        return 0;
    };
    // st_blocks counts in 512 bytes, whatever the file system's blocks are.
    let own = status.blocks() * 512;
    if !status.is_dir() {
        return own;
    }
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    own + entries.map(|entry| size(&entry.path())).sum::<u64>()
}
