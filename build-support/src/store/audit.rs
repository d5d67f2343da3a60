//! Removes libraries that are not what they say, or not of what is pinned.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::eviction::folders;
use super::record::{Answer, Inputs};
use super::{ANSWER, INPUTS, LIBRARY, NOTES, Store};
use crate::snapshot::manifest::Manifest;

/// What an [audit](Store::audit) has found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    /// How many libraries were read.
    pub libraries: usize,
    /// What was removed, sorted by path.
    pub removed: Vec<Removed>,
}

/// A library that an audit has removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    /// Its file.
    pub library: PathBuf,
    /// What was wrong with it.
    pub reason: Reason,
}

/// Why a library was removed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Its bytes are not those that were built.
    #[error("it has other bytes than when it was built")]
    Damaged,
    /// It counts as built from a pinned tree, and one of its sources had another content.
    #[error("it was built from a {0} that is not the pinned one")]
    OtherSource(String),
}

impl Store {
    /// Reads every library, and the list of what it was made from. Removes those whose bytes have
    /// changed, and those that are kept for one of the trees `pinned`, given by their digests, and
    /// were made from other files.
    ///
    /// # Errors
    ///
    /// If the store cannot be read or written.
    pub fn audit(&self, pinned: &HashMap<String, Manifest>) -> io::Result<Audit> {
        let mut audit = Audit::default();
        let targets = match folders(&self.root) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(audit),
            targets => targets?,
        };
        for target in targets {
            for component in folders(&target)? {
                if component.file_name() != Some(OsStr::new(NOTES)) {
                    audit_component(&component, pinned, &mut audit)?;
                }
            }
        }
        audit
            .removed
            .sort_by(|one, other| one.library.cmp(&other.library));
        Ok(audit)
    }
}

fn audit_component(
    folder: &Path,
    pinned: &HashMap<String, Manifest>,
    audit: &mut Audit,
) -> io::Result<()> {
    let mut lists = Vec::new();
    let mut answers = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.extension().and_then(OsStr::to_str) {
            Some(INPUTS) => lists.push(path),
            Some(ANSWER) => answers.extend(Answer::read(&path).map(|answer| (path, answer))),
            _ => {}
        }
    }
    for path in lists {
        // A damaged list leads to no library, nor does one that eviction has just removed.
        let Ok(list) = Inputs::read(&path) else {
            continue;
        };
        let library = path.with_extension(LIBRARY);
        let is_intact = match list.content.check(&library) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            checked => checked?.is_ok(),
        };
        audit.libraries += 1;
        let mine = answers
            .iter()
            .filter(|(_, answer)| Some(OsStr::new(&answer.library)) == path.file_stem());
        let other = || {
            let trees = mine.clone();
            let manifests = trees.filter_map(|(_, answer)| pinned.get(&answer.tree));
            manifests
                .flat_map(|manifest| list.differing(manifest))
                .next()
        };
        let reason = if is_intact {
            other().map(|path| Reason::OtherSource(path.to_owned()))
        } else {
            Some(Reason::Damaged)
        };
        if let Some(reason) = reason {
            for path in mine.clone().map(|(path, _)| path).chain([&path, &library]) {
                remove(path)?;
            }
            audit.removed.push(Removed { library, reason });
        }
    }
    Ok(())
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
