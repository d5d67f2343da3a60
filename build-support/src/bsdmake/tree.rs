//! The source tree as Makefiles see it: one place through which every file access goes.
//!
//! Paths that a Makefile computes begin with [`TREE`] in place of the tree's folder, so what comes out
//! of an evaluation does not depend on where the tree lies. Nor does it depend on how much of NetBSD is
//! there: what is outside of the [subset](crate::snapshot::subset) does not exist.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::lines::{Line, logical_lines};
use crate::snapshot::subset;

/// Stands for the source tree's folder in evaluated flags and paths.
pub const TREE: &str = "@TREE@";

/// Begins the path, relative to the tree, of what lies elsewhere; an absolute path follows.
///
/// So a component of the user's own, outside of the tree, is evaluated as if it were inside.
const ELSEWHERE: &str = "@ELSEWHERE@";

/// More bytes than any Makefile has.
const LARGEST: u64 = 1 << 22;

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
    /// False if the listing is whole and the disk does not say what there is.
    on_disk: bool,
    makefiles: Mutex<HashMap<String, Makefile>>,
    listing: Mutex<Listing>,
}

impl Tree {
    /// The tree at `root`, the folder that holds `sys` and `common`. Nothing is read yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            on_disk: true,
            makefiles: Mutex::default(),
            listing: Mutex::default(),
        }
    }

    /// A tree of which only a part is at `root`: what exists is what `files`, relative to it, names.
    pub fn partial<'f>(root: impl Into<PathBuf>, files: impl IntoIterator<Item = &'f str>) -> Self {
        let mut listing = Listing::default();
        listing.folders.insert(String::new(), Some(Folder(0)));
        for file in files {
            listing.insert(file);
        }
        Self {
            on_disk: false,
            listing: Mutex::new(listing),
            ..Self::new(root)
        }
    }

    /// The tree's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The Makefiles that have been read, relative to the tree, sorted.
    pub fn makefiles_read(&self) -> Vec<String> {
        let mut paths: Vec<String> = lock(&self.makefiles).keys().cloned().collect();
        paths.sort();
        paths
    }

    /// The lines of the Makefile at `path`, relative to the tree.
    pub(crate) fn makefile(&self, path: &str) -> io::Result<Makefile> {
        if let Some(known) = lock(&self.makefiles).get(path) {
            return Ok(Arc::clone(known));
        }
        let mut bytes = Vec::new();
        let file = fs::File::open(self.root.join(shown(path)))?;
        file.take(LARGEST + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LARGEST {
            let what = format!("more than {LARGEST} bytes, which no Makefile has");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, what));
        }
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
        if !self.on_disk && !is_elsewhere(path) {
            return None;
        }
        let folder = Folder(listing.folders.len());
        let entries = fs::read_dir(self.root.join(shown(path))).ok();
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

    /// The file `name` in the first of `folders` that has it.
    pub(crate) fn first<'p>(
        &self,
        folders: impl Iterator<Item = (Folder, &'p str)>,
        name: &str,
    ) -> Option<String> {
        let listing = lock(&self.listing);
        let holders = listing.holders.get(name)?;
        folders
            .filter(|(folder, _)| holders.contains(folder))
            .map(|(_, path)| joined(path, name))
            .find(|path| is_elsewhere(path) || subset::contains(path))
    }

    /// True if there is a file or folder at `path`, relative to the tree.
    pub(crate) fn exists(&self, path: &str) -> bool {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        let parent = self.folder(parent).map(|folder| (folder, parent));
        let file = self.first(parent.into_iter(), name).is_some();
        let may_exist = is_elsewhere(path) || subset::may_contain(path);
        file || may_exist && self.folder(path).is_some()
    }
}

impl Listing {
    /// Adds a file and the folders that it is in.
    fn insert(&mut self, path: &str) {
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        if !self.folders.contains_key(parent) {
            self.insert(parent);
            let folder = Folder(self.folders.len());
            self.folders.insert(parent.to_owned(), Some(folder));
        }
        let folder = self.folders.get(parent).copied().flatten();
        self.holders
            .entry(name.to_owned())
            .or_default()
            .extend(folder);
    }
}

/// `name` in `folder`, where no name of a folder is the tree itself.
pub(crate) fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

/// The path, relative to the tree, of a folder that may lie anywhere; the inverse of [`shown`].
///
/// `None` for a path that is not absolute, or not text.
pub(crate) fn elsewhere(folder: &Path) -> Option<PathBuf> {
    let path = folder.to_str().filter(|path| path.starts_with('/'))?;
    Some(format!("{ELSEWHERE}{}", path.trim_end_matches('/')).into())
}

/// Whether what has this path relative to the tree lies elsewhere.
pub(crate) fn is_elsewhere(path: &str) -> bool {
    path.starts_with(ELSEWHERE)
}

/// The path as it is shown and opened: absolute if it is elsewhere, else relative to the tree.
pub(crate) fn shown(path: &str) -> PathBuf {
    match path.strip_prefix(ELSEWHERE) {
        Some("") => "/".into(),
        absolute => absolute.unwrap_or(path).into(),
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
    fn a_part_of_a_tree_answers_for_all_of_it() {
        let tree = Tree::partial(
            "/nowhere",
            ["sys/kern/a.c", "sys/rump/Makefile", "build.sh"],
        );
        for (path, exists) in [
            ("sys", true),
            ("sys/kern", true),
            ("sys/kern/a.c", true),
            ("sys/kern/b.c", false),
            ("sys/rump/Makefile", true),
            ("sys/dev", false),
            ("common", false),
            // Outside of the subset.
            ("build.sh", false),
        ] {
            assert_eq!(tree.exists(path), exists, "{path}");
        }
    }

    #[test]
    fn what_is_elsewhere_is_reached_through_the_tree() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("driver");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("games.c"), "").unwrap();
        let path = elsewhere(&folder).unwrap();
        let path = path.to_str().unwrap();
        for tree in [
            Tree::new("/nowhere"),
            Tree::partial("/nowhere", ["sys/a.c"]),
        ] {
            assert!(tree.exists(path) && tree.exists(&joined(path, "games.c")));
            assert!(!tree.exists(&joined(path, "chess.c")));
            let beside = inside(&outside(&joined(path, "../driver/games.c"))).unwrap();
            assert!(is_elsewhere(&beside) && tree.exists(&beside));
            assert_eq!(shown(&beside), folder.join("games.c"));
        }
        assert_eq!(shown("sys/a.c"), Path::new("sys/a.c"));
        assert_eq!(elsewhere(Path::new("driver")), None);
    }

    #[test]
    fn what_is_outside_of_the_subset_does_not_exist() {
        let root = tempfile::tempdir().unwrap();
        for path in ["sys/kern/a.c", "games/fortune/a.c", "sys/stand/a.c"] {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let tree = Tree::new(root.path());
        assert!(tree.exists("sys/kern/a.c") && tree.exists("sys/kern"));
        assert!(!tree.exists("games/fortune/a.c") && !tree.exists("games"));
        assert!(!tree.exists("sys/stand/a.c"));
    }

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
