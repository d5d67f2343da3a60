//! What the store holds, and how it goes.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::SystemTime;

use super::eviction::folders;
use super::{INPUTS, LIBRARY, NOTES, Store};
use crate::held;

/// What the store has of one component for one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Usage {
    /// The Rust triple.
    pub target: String,
    /// The component; `notes` for what was worked out about trees.
    pub component: String,
    /// The length in bytes of the library that was used last; none if there is no whole one.
    pub library: Option<u64>,
    /// What all its files take on the disk, in bytes.
    pub bytes: u64,
}

impl Store {
    /// What the store holds, sorted by target and component; nothing if there is no store.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    pub fn usage(&self) -> io::Result<Vec<Usage>> {
        let mut usage = Vec::new();
        let targets = match folders(&self.root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(usage),
            targets => targets?,
        };
        for target in targets {
            for component in folders(&target)? {
                usage.push(Usage {
                    target: name(&target),
                    component: name(&component),
                    library: last_used(&component)?,
                    bytes: size(&component)?,
                });
            }
        }
        usage.sort_by(|one, other| {
            (&one.target, &one.component).cmp(&(&other.target, &other.component))
        });
        Ok(usage)
    }

    /// Removes everything. False if a build uses the store, which then stays as it is.
    ///
    /// # Errors
    ///
    /// If the store cannot be removed.
    pub fn clear(&self) -> io::Result<bool> {
        match held::seize(&self.root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(error) => Err(error),
            Ok(None) => Ok(false),
            Ok(Some(_held)) => {
                for target in folders(&self.root)? {
                    fs::remove_dir_all(target)?;
                }
                Ok(true)
            }
        }
    }

    /// Keeps [`clear`](Self::clear) away while the file lives. None if the store cannot be made, or its file
    /// system has no locks.
    pub(crate) fn hold(&self) -> Option<File> {
        fs::create_dir_all(&self.root).ok()?;
        held::share(&self.root)
    }
}

fn name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The length of the library whose list was touched last.
fn last_used(folder: &Path) -> io::Result<Option<u64>> {
    let mut last: Option<(SystemTime, u64)> = None;
    if name(folder) == NOTES {
        return Ok(None);
    }
    for entry in fs::read_dir(folder)? {
        let list = entry?.path();
        if list.extension().is_none_or(|extension| extension != INPUTS) {
            continue;
        }
        // Eviction may be at it.
        let Ok(library) = fs::metadata(list.with_extension(LIBRARY)) else {
            continue;
        };
        if let Ok(used) = fs::metadata(&list).and_then(|status| status.modified())
            && last.is_none_or(|(before, _)| before < used)
        {
            last = Some((used, library.len()));
        }
    }
    Ok(last.map(|(_, length)| length))
}

fn size(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        if let Ok(status) = entry?.metadata() {
            // st_blocks counts in 512 bytes, whatever the file system's blocks are.
            bytes += status.blocks() * 512;
        }
    }
    Ok(bytes)
}
