//! A source tree in a git repository's object database.
//!
//! Only objects are read: no work tree, no index, no configuration and no references, so a bare
//! clone, a checkout's `.git` folder and a mirror that is nothing but objects all do.

use std::path::{Path, PathBuf};

use git2::{ObjectType, Odb, Oid, Repository, Tree, TreeEntry};

use super::error::Error;
use super::pin::Pin;
use super::progress::Progress;
use super::staging::Staging;
use super::subset;

/// Git's file type of a symbolic link; what is left are regular files and submodules.
const LINK: i32 = 0o120_000;

/// How deep folders may lie in each other.
const DEPTH: usize = 64;

/// How many folders there may be. One and the same object may stand for any number of them.
const FOLDERS: usize = 100_000;

/// Takes in the subset of the pinned revision.
pub(super) fn check_out(
    repository: &Path,
    pin: &Pin,
    staging: &mut Staging,
    progress: &mut dyn Progress,
) -> Result<(), Error> {
    let fail = |reason: String| Error::Git {
        path: repository.to_owned(),
        reason,
    };
    let database = open(repository).map_err(|error| fail(error.message().to_owned()))?;
    let revision = Oid::from_str(&pin.revision).map_err(|error| fail(error.to_string()))?;
    let tree = database
        .find_commit(revision)
        .and_then(|commit| commit.tree())
        .map_err(|error| {
            fail(format!(
                "it lacks revision {} of snapshot {} ({}); fetch it from {}",
                pin.revision,
                pin.name,
                error.message(),
                pin.repository
            ))
        })?;
    progress.begin("reading from git", None);
    let mut walk = Walk {
        database: &database,
        objects: database.odb().map_err(|error| fail(error.to_string()))?,
        folders: 0,
        fail: &fail,
    };
    let outcome = walk.folder(&tree, "", staging, progress);
    progress.end();
    outcome
}

fn open(repository: &Path) -> Result<Repository, git2::Error> {
    let database = Odb::new()?;
    let mut next = vec![objects(repository)];
    let mut seen = Vec::new();
    // What a clone shares with another repository: gitrepository-layout(5), objects/info/alternates.
    while let Some(folder) = next.pop() {
        let path = folder
            .to_str()
            .ok_or_else(|| git2::Error::from_str("not a UTF-8 path"))?;
        database.add_disk_alternate(path)?;
        let listed = std::fs::read_to_string(folder.join("info/alternates")).unwrap_or_default();
        seen.push(folder.clone());
        for line in listed
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            let other = folder.join(line);
            if !seen.contains(&other) {
                next.push(other);
            }
        }
    }
    Repository::from_odb(database)
}

fn objects(repository: &Path) -> PathBuf {
    let inside = repository.join(".git/objects");
    if inside.is_dir() {
        inside
    } else {
        repository.join("objects")
    }
}

/// A walk through the folders of a revision.
struct Walk<'a> {
    database: &'a Repository,
    objects: Odb<'a>,
    folders: usize,
    fail: &'a dyn Fn(String) -> Error,
}

impl Walk<'_> {
    fn folder(
        &mut self,
        tree: &Tree<'_>,
        below: &str,
        staging: &mut Staging,
        progress: &mut dyn Progress,
    ) -> Result<(), Error> {
        self.folders += 1;
        if self.folders > FOLDERS || below.matches('/').count() > DEPTH {
            return Err(staging.refuse(below, "more folders than any NetBSD tree has"));
        }
        for entry in tree {
            let Ok(name) = entry.name() else {
                let name = entry.name_bytes().escape_ascii().to_string();
                return Err(staging.refuse(&name, "a name that is not UTF-8"));
            };
            if name.contains('/') {
                return Err(staging.refuse(name, "a name with a slash"));
            }
            let path = if below.is_empty() {
                name.to_owned()
            } else {
                format!("{below}/{name}")
            };
            match entry.kind() {
                Some(ObjectType::Tree) if subset::may_contain(&path) => {
                    let tree = self.database.find_tree(entry.id());
                    let tree = tree.map_err(|error| self.missing(&path, &error))?;
                    self.folder(&tree, &path, staging, progress)?;
                }
                Some(ObjectType::Blob) if subset::contains(&path) => {
                    self.file(&entry, &path, staging, progress)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn file(
        &self,
        entry: &TreeEntry<'_>,
        path: &str,
        staging: &mut Staging,
        progress: &mut dyn Progress,
    ) -> Result<(), Error> {
        // The library takes memory for the whole of it.
        let (length, _) = self
            .objects
            .read_header(entry.id())
            .map_err(|error| self.missing(path, &error))?;
        if length as u64 > staging.room() {
            return Err(staging.too_large(path));
        }
        let blob = self.database.find_blob(entry.id());
        let blob = blob.map_err(|error| self.missing(path, &error))?;
        if entry.filemode() == LINK {
            let target = std::str::from_utf8(blob.content())
                .map_err(|_| staging.refuse(path, "a link to a name that is not UTF-8"))?;
            staging.link(path, target)?;
        } else {
            staging.file(path, &mut blob.content())?;
        }
        progress.advance(blob.content().len() as u64);
        Ok(())
    }

    fn missing(&self, path: &str, error: &git2::Error) -> Error {
        (self.fail)(format!("{path}: {}; is it a whole clone?", error.message()))
    }
}
