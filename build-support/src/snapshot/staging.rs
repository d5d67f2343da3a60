//! A tree under construction in the cache: the one gate through which files come in.
//!
//! Whatever the source is, each file passes here: its path is checked, what is outside the subset
//! is dropped, what is inside is hashed while it is written. So no source can write outside the
//! folder, through a symbolic link, or without bound.

use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, symlink};
use std::path::{Path, PathBuf};

use super::digest::{CopyError, Digest};
use super::error::Error;
use super::inside::{check_link, check_path};
use super::manifest::{self, Entry, FileType, Manifest};
use super::subset;

/// How much a source may hold. A NetBSD tree stays below a tenth of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// The most files of the subset.
    pub(super) files: usize,
    /// The most bytes of the subset.
    pub(super) bytes: u64,
    /// The most bytes that a compressed source may expand to, with all that is not unpacked.
    pub(super) expanded: u64,
}

/// The most bytes that a line of a manifest takes on the average.
const MANIFEST_LINE: u64 = 256;

impl Default for Limits {
    fn default() -> Self {
        Self {
            files: 200_000,
            bytes: 1 << 30,
            expanded: 8 << 30,
        }
    }
}

/// A tree that is being filled.
pub(super) struct Staging {
    root: PathBuf,
    /// The source, as messages name it.
    origin: String,
    limits: Limits,
    manifest: Manifest,
    /// The text of the manifest that the source carries.
    carried: Option<String>,
    bytes: u64,
    folders: HashSet<PathBuf>,
}

impl Staging {
    /// Starts with the empty folder `root`.
    pub(super) fn new(root: PathBuf, origin: String, limits: Limits) -> Self {
        Self {
            root,
            origin,
            limits,
            manifest: Manifest::default(),
            carried: None,
            bytes: 0,
            folders: HashSet::new(),
        }
    }

    /// What has been taken in, and the text of the manifest that the source carries.
    pub(super) fn finish(self) -> (Manifest, Option<String>) {
        (self.manifest, self.carried)
    }

    /// Takes note of the manifest that the source carries.
    pub(super) fn carry(&mut self, content: &mut dyn Read) -> Result<(), Error> {
        let mut text = String::new();
        let limit = MANIFEST_LINE * self.limits.files as u64;
        content
            .take(limit)
            .read_to_string(&mut text)
            .map_err(|error| Error::Damaged {
                origin: self.origin.clone(),
                reason: format!("{}: {error}", manifest::FILE_NAME),
            })?;
        self.carried = Some(text);
        Ok(())
    }

    /// How many bytes may still be taken in.
    pub(super) fn room(&self) -> u64 {
        self.limits.bytes - self.bytes
    }

    /// The source, as messages name it.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// How much may be taken in.
    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// An error that refuses the source because of one of its members.
    pub(super) fn refuse(&self, member: &str, reason: impl Into<String>) -> Error {
        Error::Hostile {
            origin: self.origin.clone(),
            member: member.escape_default().to_string(),
            reason: reason.into(),
        }
    }

    /// An error that refuses the source because of its size.
    pub(super) fn too_large(&self, member: &str) -> Error {
        let reason = format!("more than {} bytes of sources", self.limits.bytes);
        self.refuse(member, reason)
    }

    /// Takes in the regular file `path`, unless it is outside the subset.
    pub(super) fn file(&mut self, path: &str, content: &mut dyn Read) -> Result<(), Error> {
        if !self.admits(path)? {
            return Ok(());
        }
        let target = self.place(path)?;
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o444)
            .open(&target)
            .map_err(|source| cache_error("create", &target, source))?;
        // One byte more than is allowed, so that reaching the limit shows.
        let room = self.room();
        let mut written = 0;
        let digest = Digest::copying(&mut content.take(room + 1), &mut |piece| {
            written += piece.len() as u64;
            file.write_all(piece)
        })
        .map_err(|error| match error {
            CopyError::Read(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                self.refuse(path, error.to_string())
            }
            CopyError::Read(error) => Error::Damaged {
                origin: self.origin.clone(),
                reason: format!("{path}: {error}"),
            },
            CopyError::Write(source) => cache_error("write", &target, source),
        })?;
        if written > room {
            return Err(self.too_large(path));
        }
        self.bytes += written;
        self.record(path, FileType::Regular, digest);
        Ok(())
    }

    /// Takes in the symbolic link `path`, unless it is outside the subset.
    pub(super) fn link(&mut self, path: &str, target: &str) -> Result<(), Error> {
        if !self.admits(path)? {
            return Ok(());
        }
        check_link(path, target).map_err(|reason| self.refuse(path, reason))?;
        let place = self.place(path)?;
        symlink(target, &place).map_err(|source| cache_error("create", &place, source))?;
        self.record(path, FileType::Link, Digest::of(target.as_bytes()));
        Ok(())
    }

    fn admits(&self, path: &str) -> Result<bool, Error> {
        check_path(path).map_err(|reason| self.refuse(path, reason))?;
        if !subset::contains(path) {
            return Ok(false);
        }
        if self.manifest.len() == self.limits.files {
            return Err(self.refuse(path, format!("more than {} files", self.limits.files)));
        }
        // A file or link where a folder is needed: nothing may be written through it.
        for (at, _) in path.match_indices('/') {
            if self.manifest.get(&path[..at]).is_some() {
                return Err(self.refuse(path, "its folder is also a file or link"));
            }
        }
        if self.manifest.has_path(path) {
            return Err(self.refuse(path, "the path is there twice"));
        }
        Ok(true)
    }

    fn place(&mut self, path: &str) -> Result<PathBuf, Error> {
        let place = self.root.join(path);
        if let Some(folder) = place.parent()
            && !self.folders.contains(folder)
        {
            fs::create_dir_all(folder).map_err(|source| cache_error("create", folder, source))?;
            self.folders.insert(folder.to_owned());
        }
        Ok(place)
    }

    fn record(&mut self, path: &str, file_type: FileType, digest: Digest) {
        self.manifest
            .insert(path.to_owned(), Entry { file_type, digest });
    }
}

/// An error of the cache, as opposed to one of the source.
pub(super) fn cache_error(action: &'static str, path: &Path, source: io::Error) -> Error {
    Error::Cache {
        action,
        path: path.to_owned(),
        source,
    }
}
