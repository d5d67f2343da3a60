//! The source tree as Makefiles see it: one place through which every file access goes.
//!
//! Paths that a Makefile computes begin with [`TREE`] in place of the tree's folder, so what comes out
//! of an evaluation does not depend on where the tree lies.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::lines::{Line, logical_lines};

/// Stands for the source tree's folder in evaluated flags and paths.
pub const TREE: &str = "@TREE@";

type Makefile = Arc<[Line]>;
type Names = Arc<HashSet<String>>;

/// A source tree, with what has been read of it.
///
/// Every Makefile is read and split into lines once, every folder is listed once; the tree must not
/// change while the value is in use. It may be shared between threads.
#[derive(Debug)]
pub struct Tree {
    root: PathBuf,
    makefiles: Mutex<HashMap<String, Makefile>>,
    folders: Mutex<HashMap<String, Option<Names>>>,
}

impl Tree {
    /// The tree at `root`, the folder that holds `sys` and `common`. Nothing is read yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            makefiles: Mutex::default(),
            folders: Mutex::default(),
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

    /// The names in a folder, or `None` where there is no such folder.
    pub(crate) fn folder(&self, path: &str) -> Option<Names> {
        if let Some(known) = lock(&self.folders).get(path) {
            return known.clone();
        }
        let names = fs::read_dir(self.root.join(path)).ok().map(|entries| {
            let names = entries
                .flatten()
                .filter_map(|entry| entry.file_name().into_string().ok());
            Arc::new(names.collect::<HashSet<_>>())
        });
        lock(&self.folders).insert(path.to_owned(), names.clone());
        names
    }

    /// True if there is a file or folder at `path`, relative to the tree.
    pub(crate) fn exists(&self, path: &str) -> bool {
        match path.rsplit_once('/') {
            Some((folder, name)) => self
                .folder(folder)
                .is_some_and(|names| names.contains(name)),
            None if path.is_empty() => true,
            None => self.folder("").is_some_and(|names| names.contains(path)),
        }
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
