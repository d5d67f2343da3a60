//! Components that were built before, so that nothing is compiled twice.
//!
//! ```text
//! <cache folder>/components/v1/<target>/<component>/
//!   <recipe>-<inputs>.a       a finished library, read-only
//!   <recipe>-<inputs>.files   what it was made from: the digest and path of every source and header
//!   <question>.answer         which of them a pristine tree leads to
//! <cache folder>/components/v1/<target>/notes/
//!   <key>.note                what was worked out about a pristine tree, or about a folder's files
//! <cache folder>/components/v1/lock
//! ```
//!
//! A **recipe** ([`Key`]) stands for all that is known before compiling: the builder's version, the
//! compiler, the flags, the names of the sources, the text of what is generated. **Inputs** stand
//! for the contents of the files that were read, headers included, which the compiler tells only
//! afterwards. To find a library, the lists of its recipe are compared with the tree.
//!
//! A pristine tree is known by its digest, so for it the whole question, tree, component and
//! options, is a key too, and its answer is one small file: neither Makefiles nor headers are read.
//!
//! Files are written under another name, synced and renamed; lists and answers end with a line that
//! says so, and carry the library's length and checksum, which are compared with the library before
//! it is handed out. What is damaged counts as absent. Any number of builds may use a store at
//! once: what they write under one name is the same. Only eviction and clearing take locks, and a
//! library is never served from the store but from the build's own folder. `v1` is the version of
//! this layout.

mod audit;
mod content;
mod contents;
mod eviction;
mod files;
mod key;
mod place;
mod record;
mod whole;

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

pub use audit::{Audit, Reason, Removed};
use content::Content;
pub use content::Damaged;
pub use contents::Usage;
pub use files::{FileDigests, Input};
pub use key::{Key, KeyBuilder};
pub use place::place;
use record::{Answer, Inputs};

/// The suffix of finished libraries.
const LIBRARY: &str = "a";
/// The suffix of lists of inputs.
const INPUTS: &str = "files";
/// The suffix of answers.
const ANSWER: &str = "answer";
/// The suffix and the folder of notes.
const NOTE: &str = "note";
const NOTES: &str = "notes";

/// A folder of built components.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
}

/// A library in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// The library.
    pub library: PathBuf,
    /// The list of what it was made from.
    list: PathBuf,
    /// Its name, without the suffix.
    name: String,
    content: Content,
}

impl Hit {
    /// What the library was made from.
    ///
    /// # Errors
    ///
    /// If the list has gone or is damaged.
    pub fn inputs(&self) -> io::Result<Vec<Input>> {
        let list = Inputs::read(&self.list)?;
        Ok(list.inputs)
    }

    /// Those of them that lie outside of the source tree.
    ///
    /// # Errors
    ///
    /// If the list has gone or is damaged.
    pub fn outside_inputs(&self) -> io::Result<Vec<Input>> {
        Inputs::read_outside(&self.list)
    }

    /// Tells eviction that the library is in use. A store that cannot be written has no eviction.
    fn touch(&self) {
        let now = SystemTime::now();
        let _ = File::open(&self.list).and_then(|file| file.set_modified(now));
    }
}

impl Store {
    /// The store in a cache folder, for one target. Nothing is created yet.
    #[must_use]
    pub fn new(cache: &Path) -> Self {
        Self {
            root: cache.join("components").join("v1"),
        }
    }

    /// Where the store lies.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn folder(&self, target: &str, component: &str) -> PathBuf {
        self.root.join(target).join(component)
    }

    /// Answers a question that was asked before.
    ///
    /// # Errors
    ///
    /// If the answer leads to a library whose bytes have changed.
    pub fn recall(
        &self,
        target: &str,
        component: &str,
        question: &Key,
    ) -> Result<Option<Hit>, Damaged> {
        let folder = self.folder(target, component);
        match Answer::read(&folder.join(format!("{question}.{ANSWER}"))) {
            Some(answer) => Self::hit(&folder, answer.library, answer.content),
            None => Ok(None),
        }
    }

    /// Finds a library by its recipe and the contents of the files that it was made from.
    ///
    /// # Errors
    ///
    /// If it is there, and its bytes have changed.
    pub fn find(
        &self,
        target: &str,
        component: &str,
        recipe: &Key,
        digests: &mut FileDigests,
    ) -> Result<Option<Hit>, Damaged> {
        let folder = self.folder(target, component);
        let prefix = format!("{recipe}-");
        let Ok(entries) = fs::read_dir(&folder) else {
            return Ok(None);
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let is_list = path
                .extension()
                .is_some_and(|extension| extension == INPUTS)
                && entry.file_name().to_string_lossy().starts_with(&prefix);
            if !is_list {
                continue;
            }
            let Ok(list) = Inputs::read(&path) else {
                continue;
            };
            if list.inputs.iter().all(|input| digests.agree(input))
                && let Some(stem) = path.file_stem()
                && let name = stem.to_string_lossy().into_owned()
                && let Some(hit) = Self::hit(&folder, name, list.content)?
            {
                return Ok(Some(hit));
            }
        }
        Ok(None)
    }

    /// The library `name`, if it is there with its list and holds what it should.
    fn hit(folder: &Path, name: String, content: Content) -> Result<Option<Hit>, Damaged> {
        let path = |suffix| folder.join(format!("{name}.{suffix}"));
        let (library, list) = (path(LIBRARY), path(INPUTS));
        match content.check(&library) {
            Ok(checked) => checked?,
            // Eviction may be at it, and what cannot be read cannot be linked.
            Err(_) => return Ok(None),
        }
        if !list.is_file() {
            return Ok(None);
        }
        let hit = Hit {
            library,
            list,
            name,
            content,
        };
        hit.touch();
        Ok(Some(hit))
    }

    /// Remembers the answer to a question about the source tree with the digest `tree`.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    pub fn remember(
        &self,
        target: &str,
        component: &str,
        question: &Key,
        tree: &str,
        hit: &Hit,
    ) -> io::Result<()> {
        let folder = self.folder(target, component);
        let path = folder.join(format!("{question}.{ANSWER}"));
        let answer = Answer {
            library: hit.name.clone(),
            content: hit.content,
            tree: tree.to_owned(),
        };
        whole::write(&path, answer.text().as_bytes())
    }

    /// Takes a library in.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    pub fn insert(
        &self,
        target: &str,
        component: &str,
        recipe: &Key,
        inputs: Vec<Input>,
        library: &[u8],
    ) -> io::Result<Hit> {
        let folder = self.folder(target, component);
        fs::create_dir_all(&folder)?;
        let list = Inputs {
            content: Content::of(library),
            inputs,
        };
        let text = list.text();
        let name = format!("{recipe}-{}", KeyBuilder::new("inputs").with(&text).key());
        whole::write(&folder.join(format!("{name}.{LIBRARY}")), library)?;
        whole::write(&folder.join(format!("{name}.{INPUTS}")), text.as_bytes())?;
        Self::hit(&folder, name, list.content)
            .map_err(io::Error::other)?
            .ok_or_else(|| io::Error::other("what was just written has gone"))
    }

    /// Reads what was written down under a key. A damaged note is none.
    #[must_use]
    pub fn note(&self, target: &str, key: &Key) -> Option<String> {
        record::read_note(&self.folder(target, NOTES).join(format!("{key}.{NOTE}")))
    }

    /// Writes a text down under a key.
    ///
    /// # Errors
    ///
    /// If the store cannot be written.
    pub fn write_note(&self, target: &str, key: &Key, text: &str) -> io::Result<()> {
        let folder = self.folder(target, NOTES);
        fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{key}.{NOTE}"));
        whole::write(&path, record::note(text).as_bytes())
    }

    /// Removes the libraries that were not used for longest until the rest takes at most `limit`
    /// bytes. Does nothing while another process is at it.
    ///
    /// # Errors
    ///
    /// If the store cannot be read or written.
    pub fn evict(&self, limit: u64) -> io::Result<()> {
        eviction::evict(&self.root, limit)
    }
}
