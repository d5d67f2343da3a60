//! Digests of a tree's files, each worked out once.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// A file that a library was made from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Input {
    /// Its path: relative to the source tree, absolute outside of it.
    pub path: String,
    /// The SHA-256 of its content, in hexadecimal.
    pub digest: String,
}

/// The digests of the files of one tree.
#[derive(Debug)]
pub struct FileDigests {
    root: PathBuf,
    known: HashMap<String, Option<String>>,
}

impl FileDigests {
    /// For the tree at `root`, whose files must not change while this lives.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            known: HashMap::new(),
        }
    }

    /// The digest of a file, or `None` if it cannot be read.
    pub fn digest(&mut self, path: &str) -> Option<&str> {
        if !self.known.contains_key(path) {
            let content = fs::read(self.root.join(path)).ok();
            let digest = content.map(|content| {
                let bytes = Sha256::digest(content);
                bytes.iter().map(|byte| format!("{byte:02x}")).collect()
            });
            self.known.insert(path.to_owned(), digest);
        }
        self.known.get(path)?.as_deref()
    }

    /// Whether a file has the content that it had.
    pub fn agree(&mut self, input: &Input) -> bool {
        self.digest(&input.path) == Some(input.digest.as_str())
    }
}
