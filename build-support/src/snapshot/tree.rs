//! A source tree on disk that may be built from.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::cache::{CacheEntry, read_manifest};
use super::digest::Digest;
use super::error::Error;
use super::manifest::Manifest;
use super::subset;

/// A source tree on disk, verified unless the user asked for an unpinned one.
///
/// Its files must be treated as read-only: those in the cache serve all builds of the user. They are not
/// removed while the value or a clone of it lives.
#[derive(Debug, Clone)]
pub struct Tree {
    root: PathBuf,
    digest: Option<Digest>,
    pinned: bool,
    /// Of a tree in the cache.
    manifest_file: Option<PathBuf>,
    /// What the whole tree has, where only a part of it is on disk.
    whole: Option<Arc<Manifest>>,
    /// Keeps a tree in the cache there.
    _held: Option<Arc<File>>,
}

impl Tree {
    /// A verified tree outside the cache; with `whole`, a part of what that lists.
    pub(super) fn in_place(root: PathBuf, digest: Digest, whole: Option<Manifest>) -> Self {
        Self {
            root: absolute(root),
            digest: Some(digest),
            pinned: true,
            manifest_file: None,
            whole: whole.map(Arc::new),
            _held: None,
        }
    }

    /// A tree that nobody has read now, such as one that [`obtain`](super::obtain) has given to an earlier build.
    #[must_use]
    pub fn unread(root: PathBuf) -> Self {
        Self {
            root: absolute(root),
            digest: None,
            pinned: false,
            manifest_file: None,
            whole: None,
            _held: None,
        }
    }

    /// A tree in the cache.
    pub(super) fn cached(entry: &CacheEntry, digest: Digest, pinned: bool) -> Self {
        Self {
            root: absolute(entry.tree()),
            digest: Some(digest),
            pinned,
            manifest_file: Some(entry.manifest_file()),
            whole: None,
            _held: entry.held(),
        }
    }

    /// The folder that has `sys` and `common` in it; an absolute path.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The digest of the tree's manifest; none where an unpinned tree was accepted unread.
    #[must_use]
    pub fn digest(&self) -> Option<Digest> {
        self.digest
    }

    /// Whether the content is that of a pin.
    #[must_use]
    pub fn is_pinned(&self) -> bool {
        self.pinned
    }

    /// Whether only a part of the pinned files is on disk.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.whole.is_some()
    }

    /// The tree's manifest, where one is kept: of trees in the cache, and of parts of a tree.
    ///
    /// # Errors
    ///
    /// [`Error::Read`] or [`Error::Manifest`] if the cache's copy cannot be read.
    pub fn manifest(&self) -> Result<Option<Arc<Manifest>>, Error> {
        match (&self.whole, &self.manifest_file) {
            (Some(manifest), _) => Ok(Some(Arc::clone(manifest))),
            (None, Some(file)) => read_manifest(file).map(|manifest| Some(Arc::new(manifest))),
            (None, None) => Ok(None),
        }
    }

    /// What make's `exists()` answers for a path relative to the root, with `/` and without `..`.
    ///
    /// The answer is the same for one content whatever way it came: a partial tree answers from
    /// its manifest, and what lies outside the [subset] does not exist.
    #[must_use]
    pub fn exists(&self, path: &str) -> bool {
        match &self.whole {
            Some(manifest) => manifest.has_path(path),
            None => {
                let path_on_disk = self.root.join(path);
                if path_on_disk.is_dir() {
                    subset::may_contain(path)
                } else {
                    subset::contains(path) && path_on_disk.exists()
                }
            }
        }
    }
}

/// The compiler runs in another folder than the program that calls this crate.
///
/// Of a host without a current folder the path stays as it is; its files cannot be found anyway.
fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}
