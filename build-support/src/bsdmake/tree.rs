//! The source tree as Makefiles see it: one place through which every file access goes.
//!
//! Paths that a Makefile computes begin with [`TREE`] in place of the tree's folder, so what comes out
//! of an evaluation does not depend on where the tree lies.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::lines::{Line, logical_lines};

/// Stands for the source tree's folder in evaluated flags and paths.
pub const TREE: &str = "@TREE@";

type Makefile = Arc<[Line]>;

/// A folder of the tree that has been listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Folder(usize);

/// What the listed folders hold: one question finds all of them that hold a name.
#[derive(Debug, Default)]
struct Listing {
    folders: HashMap<String, Option<Folder>>,
    holders: HashMap<String, Vec<Folder>>,
}

/// A source tree, with what has been read of it.
///
/// Every Makefile is read and split into lines once, every folder is listed once; the tree must not
/// change while the value is in use. It may be shared between threads.
#[derive(Debug)]
pub struct Tree {
    root: PathBuf,
    makefiles: Mutex<HashMap<String, Makefile>>,
    listing: Mutex<Listing>,
}

impl Tree {
    /// The tree at `root`, the folder that holds `sys` and `common`. Nothing is read yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            makefiles: Mutex::default(),
            listing: Mutex::default(),
        }
    }

    /// The tree's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The lines of the Makefile at `path`, relative to the tree.
    pub(crate) fn makefile(&self, path: &str) -> io::Result<Makefile> {
        if let Some(known) = lock(&self.makefiles).get(path) {
            return Ok(Arc::clone(known));
        }
        let bytes = fs::read(self.root.join(path))?;
        // Comments of NetBSD's files may be in Latin-1; what matters to make is ASCII.
        let lines: Makefile = logical_lines(&String::from_utf8_lossy(&bytes)).into();
        lock(&self.makefiles).insert(path.to_owned(), Arc::clone(&lines));
        Ok(lines)
    }

    /// The folder at `path`, or `None` where there is none.
    pub(crate) fn folder(&self, path: &str) -> Option<Folder> {
        let mut listing = lock(&self.listing);
        if let Some(known) = listing.folders.get(path) {
            return *known;
        }
        let folder = Folder(listing.folders.len());
        let entries = fs::read_dir(self.root.join(path)).ok();
        let found = entries.is_some().then_some(folder);
        for entry in entries.into_iter().flatten().flatten() {
            // Names that are not text are none that a Makefile asks for.
            if let Ok(name) = entry.file_name().into_string() {
                listing.holders.entry(name).or_default().push(folder);
            }
        }
        listing.folders.insert(path.to_owned(), found);
        found
    }

    /// The first of `folders` that holds `name`, by its position.
    pub(crate) fn first_with(
        &self,
        mut folders: impl Iterator<Item = Folder>,
        name: &str,
    ) -> Option<usize> {
        let listing = lock(&self.listing);
        let holders = listing.holders.get(name)?;
        folders.position(|folder| holders.contains(&folder))
    }

    /// True if there is a file or folder at `path`, relative to the tree.
    pub(crate) fn exists(&self, path: &str) -> bool {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let folder = self.folder(folder);
        path.is_empty() || self.first_with(folder.into_iter(), name).is_some()
    }
}

/// A cache is as good after a panic elsewhere as before: entries are inserted whole.
fn lock<T>(cache: &Mutex<T>) -> MutexGuard<'_, T> {
    cache.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The path below the tree that a Makefile's `path` means, with `.` and `..` folded.
///
/// `None` for paths outside of the tree, which do not exist as far as a Makefile can tell.
pub(crate) fn inside(path: &str) -> Option<String> {
    let rest = path.strip_prefix(TREE)?;
    if !rest.is_empty() && !rest.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in rest.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// The spelling of a tree path in Makefiles; the inverse of [`inside`].
pub(crate) fn outside(path: &str) -> String {
    if path.is_empty() {
        TREE.to_owned()
    } else {
        format!("{TREE}/{path}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_folded_and_stay_inside() {
        assert_eq!(
            inside("@TREE@/sys/rump/../kern/./x.c").as_deref(),
            Some("sys/kern/x.c")
        );
        assert_eq!(inside("@TREE@").as_deref(), Some(""));
        assert_eq!(inside("@TREE@/../etc"), None);
        assert_eq!(inside("/etc/mk.conf"), None);
        assert_eq!(inside("@TREE@x"), None);
    }
}
