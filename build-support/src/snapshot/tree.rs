//! A source tree on disk that may be built from.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::digest::Digest;
use super::manifest::Manifest;
use super::subset;

/// A source tree on disk, verified unless the user asked for an unpinned one.
///
/// Its files must be treated as read-only: those in the cache serve all builds of the user.
#[derive(Debug, Clone)]
pub struct Tree {
    root: PathBuf,
    digest: Option<Digest>,
    pinned: bool,
    /// What the whole tree has, where only a part of it is on disk.
    whole: Option<Arc<Manifest>>,
}

impl Tree {
    pub(super) fn pinned(root: PathBuf, digest: Digest) -> Self {
        Self {
            root,
            digest: Some(digest),
            pinned: true,
            whole: None,
        }
    }

    pub(super) fn unpinned(root: PathBuf, digest: Option<Digest>) -> Self {
        Self {
            root,
            digest,
            pinned: false,
            whole: None,
        }
    }

    pub(super) fn partial(root: PathBuf, digest: Digest, whole: Manifest) -> Self {
        Self {
            root,
            digest: Some(digest),
            pinned: true,
            whole: Some(Arc::new(whole)),
        }
    }

    /// The folder that has `sys` and `common` in it.
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
