//! Digests of a tree's files, each worked out once, in this build or in an earlier one.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use super::{KeyBuilder, Store};

/// A file that changed so recently may change again without its status showing it.
const GRANULARITY: Duration = Duration::from_secs(2);

/// A file that a library was made from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Input {
    /// Its path: relative to the source tree, absolute outside of it.
    pub path: String,
    /// The SHA-256 of its content, in hexadecimal; none for files that count through the recipe
    /// alone, such as Makefiles.
    pub digest: Option<String>,
}

/// The digests of the files of one tree.
#[derive(Debug)]
pub struct FileDigests {
    root: PathBuf,
    /// What this build has seen.
    known: HashMap<String, Option<String>>,
    /// What builds have seen: status and digest by path.
    noted: BTreeMap<String, (String, String)>,
    changed: bool,
}

impl FileDigests {
    /// For the tree at `root`, whose files must not change while this lives.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            known: HashMap::new(),
            noted: BTreeMap::new(),
            changed: false,
        }
    }

    /// Recalls what earlier builds noted in a store.
    pub fn recall(&mut self, store: &Store, target: &str) {
        let note = store.note(target, &self.key()).unwrap_or_default();
        for line in note.lines() {
            let mut words = line.splitn(3, ' ');
            if let (Some(digest), Some(status), Some(path)) =
                (words.next(), words.next(), words.next())
            {
                let entry = (status.to_owned(), digest.to_owned());
                self.noted.insert(path.to_owned(), entry);
            }
        }
    }

    /// Notes in a store what this build has seen.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    pub fn note(&self, store: &Store, target: &str) -> io::Result<()> {
        if !self.changed {
            return Ok(());
        }
        let mut text = String::new();
        for (path, (status, digest)) in &self.noted {
            // Writing into a String cannot fail.
            let _ = writeln!(text, "{digest} {status} {path}");
        }
        store.write_note(target, &self.key(), &text)
    }

    fn key(&self) -> super::Key {
        let root = self.root.as_os_str().as_encoded_bytes();
        KeyBuilder::new("file digests").with(root).key()
    }

    /// The digest of a file, or `None` if it cannot be read.
    pub fn digest(&mut self, path: &str) -> Option<&str> {
        if !self.known.contains_key(path) {
            let digest = self.find(path);
            self.known.insert(path.to_owned(), digest);
        }
        self.known.get(path)?.as_deref()
    }

    /// Whether a file has the content that it had.
    pub fn agree(&mut self, input: &Input) -> bool {
        input.digest.is_none() || self.digest(&input.path) == input.digest.as_deref()
    }

    fn find(&mut self, path: &str) -> Option<String> {
        let file = self.root.join(path);
        let before = fs::metadata(&file).ok()?;
        let status = status(&before);
        if let Some((noted, digest)) = self.noted.get(path)
            && *noted == status
        {
            return Some(digest.clone());
        }
        let bytes = Sha256::digest(fs::read(&file).ok()?);
        let digest: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        if is_settled(&before) {
            let entry = (status, digest.clone());
            self.noted.insert(path.to_owned(), entry);
            self.changed = true;
        }
        Some(digest)
    }
}

/// A file's state as far as stat(2) tells, without spaces.
fn status(status: &Metadata) -> String {
    format!(
        "{}.{}.{}.{}.{}.{}",
        status.ino(),
        status.size(),
        status.mtime(),
        status.mtime_nsec(),
        status.ctime(),
        status.ctime_nsec()
    )
}

fn is_settled(status: &Metadata) -> bool {
    let changed = status.mtime().max(status.ctime());
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .ok()
        .and_then(|now| now.checked_sub(GRANULARITY))
        .and_then(|limit| i64::try_from(limit.as_secs()).ok())
        .is_some_and(|limit| changed < limit)
}
