//! The per-user cache of source trees.
//!
//! ```text
//! <cache folder>/sources/v1/
//!   <digest>/tree/        the files of the subset, read-only
//!   <digest>/manifest     their manifest, whose SHA-256 is the folder's name
//!   <digest>/complete     the manifest's length; written last
//!   <key>.part/           an entry under construction
//!   <key>.download        an archive on its way
//!   <key>.lock            held by the process that fills the entry
//!   seen/<digest>         what was learned of a source outside the cache (module `seen`)
//! ```
//!
//! An entry is built beside its place, verified, synced and then renamed, all under its lock, so
//! it is there wholly or not at all. `complete` guards against a file system that lost data at a
//! crash all the same: an entry without it, or with a manifest of another length, counts as absent
//! and is replaced. `v1` is the version of this layout.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::digest::Digest;
use super::error::Error;
use super::manifest::Manifest;
use super::progress::Progress;
use super::staging::{Limits, Staging, cache_error};
use super::verify::Found;
use crate::held;

const TREE: &str = "tree";
const MANIFEST: &str = "manifest";
const COMPLETE: &str = "complete";
/// The folder of notes about sources outside the cache.
pub(super) const NOTES: &str = "seen";

/// The folder for caches that the host names for this user: `$XDG_CACHE_HOME/rumpkernel`, else
/// `$HOME/.cache/rumpkernel` (XDG Base Directory Specification). Relative values are ignored, as
/// it demands.
///
/// # Errors
///
/// [`Error::NoCacheDir`] if neither variable holds an absolute path.
pub fn default_cache_dir() -> Result<PathBuf, Error> {
    let folder = |variable| std::env::var_os(variable).map(PathBuf::from);
    folder("XDG_CACHE_HOME")
        .filter(|path| path.is_absolute())
        .or_else(|| {
            folder("HOME")
                .filter(|path| path.is_absolute())
                .map(|home| home.join(".cache"))
        })
        .map(|caches| caches.join("rumpkernel"))
        .ok_or(Error::NoCacheDir)
}

/// The part of the user's cache folder that holds source trees.
pub(super) struct Cache {
    root: PathBuf,
}

/// One complete entry, which is not removed from the cache while this lives.
pub(super) struct CacheEntry {
    folder: PathBuf,
    held: Option<Arc<File>>,
}

impl CacheEntry {
    /// The source tree's root.
    pub(super) fn tree(&self) -> PathBuf {
        self.folder.join(TREE)
    }

    /// Where the entry's manifest is.
    pub(super) fn manifest_file(&self) -> PathBuf {
        self.folder.join(MANIFEST)
    }

    /// What keeps the entry in the cache.
    pub(super) fn held(&self) -> Option<Arc<File>> {
        self.held.clone()
    }

    /// Reads the entry's manifest.
    pub(super) fn manifest(&self) -> Result<Manifest, Error> {
        read_manifest(&self.manifest_file())
    }
}

/// Reads a manifest from a file.
pub(super) fn read_manifest(path: &Path) -> Result<Manifest, Error> {
    let text = fs::read_to_string(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    Manifest::parse(&text).map_err(|source| Error::Manifest {
        path: path.to_owned(),
        source,
    })
}

impl Cache {
    /// The cache below `folder`, which need not exist yet.
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            root: folder.join("sources/v1"),
        }
    }

    /// Where entries lie.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The entry with this digest, if it is complete.
    pub(super) fn entry(&self, digest: Digest) -> Option<CacheEntry> {
        let folder = self.root.join(digest.to_string());
        let held = held::share(&folder).map(Arc::new);
        let length: u64 = fs::read_to_string(folder.join(COMPLETE))
            .ok()?
            .trim()
            .parse()
            .ok()?;
        let manifest = fs::metadata(folder.join(MANIFEST)).ok()?;
        (manifest.len() == length && folder.join(TREE).is_dir())
            .then_some(CacheEntry { folder, held })
    }

    /// Fills one entry, unless `wanted` appears while waiting for the lock.
    ///
    /// `take_in` puts the source's files into the staging area; `check` sees the result and may
    /// refuse it. `key` names the lock and the files under construction.
    pub(super) fn fill(
        &self,
        key: &str,
        wanted: Option<Digest>,
        (origin, limits): (String, Limits),
        progress: &mut dyn Progress,
        take_in: impl FnOnce(&mut Staging, &mut dyn Progress) -> Result<(), Error>,
        check: impl FnOnce(&Found) -> Result<(), Error>,
    ) -> Result<(CacheEntry, Digest), Error> {
        let _lock = self.lock(key, progress)?;
        if let Some(digest) = wanted
            && let Some(entry) = self.entry(digest)
        {
            return Ok((entry, digest));
        }
        let part = self.root.join(format!("{key}.part"));
        remove(&part)?;
        let outcome = self.build(&part, origin, limits, progress, take_in, check);
        if outcome.is_err() {
            // The first error is the one to report; the next filler clears the rest away.
            let _ = fs::remove_dir_all(&part);
        }
        outcome
    }

    fn build(
        &self,
        part: &Path,
        origin: String,
        limits: Limits,
        progress: &mut dyn Progress,
        take_in: impl FnOnce(&mut Staging, &mut dyn Progress) -> Result<(), Error>,
        check: impl FnOnce(&Found) -> Result<(), Error>,
    ) -> Result<(CacheEntry, Digest), Error> {
        let tree = part.join(TREE);
        fs::create_dir_all(&tree).map_err(|source| cache_error("create", &tree, source))?;
        let mut staging = Staging::new(tree, origin, limits);
        take_in(&mut staging, progress)?;
        let (manifest, carried) = staging.finish();
        let text = manifest.to_text();
        let digest = Digest::of(text.as_bytes());
        check(&Found {
            manifest,
            digest,
            carried,
        })?;
        write(&part.join(MANIFEST), &text)?;
        write(&part.join(COMPLETE), &format!("{}\n", text.len()))?;
        sync(part)?;
        let folder = self.root.join(digest.to_string());
        if self.entry(digest).is_none() {
            remove(&folder)?;
            fs::rename(part, &folder).map_err(|source| cache_error("rename", part, source))?;
        } else {
            remove(part)?;
        }
        let entry = self.entry(digest).ok_or_else(|| {
            let gone = io::Error::from(io::ErrorKind::NotFound);
            cache_error("open", &folder, gone)
        })?;
        Ok((entry, digest))
    }

    /// A file for an archive that is being downloaded, empty and open for reading and writing.
    #[cfg(feature = "download")]
    pub(super) fn download_file(&self, key: &str) -> Result<(PathBuf, File), Error> {
        let path = self.root.join(format!("{key}.download"));
        File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)
            .map(|file| (path.clone(), file))
            .map_err(|source| cache_error("create", &path, source))
    }

    fn lock(&self, key: &str, progress: &mut dyn Progress) -> Result<File, Error> {
        fs::create_dir_all(&self.root)
            .map_err(|source| cache_error("create", &self.root, source))?;
        let path = self.root.join(format!("{key}.lock"));
        let file = File::options()
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|source| cache_error("create", &path, source))?;
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(source)) => return Err(cache_error("lock", &path, source)),
        }
        progress.begin(
            "waiting for another process that fills the source cache",
            None,
        );
        let locked = file.lock();
        progress.end();
        locked.map_err(|source| cache_error("lock", &path, source))?;
        Ok(file)
    }
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    File::create_new(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|source| cache_error("write", path, source))
}

pub(super) fn remove(folder: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(cache_error("remove", folder, error))
        }
        _ => Ok(()),
    }
}

/// Brings the entry's files to the disk before the rename can get there.
///
/// One call for the whole file system: fsync(2) of each of some thousand files takes minutes.
fn sync(folder: &Path) -> Result<(), Error> {
    let fail = |source| cache_error("sync", folder, source);
    let handle = File::open(folder).map_err(fail)?;
    #[cfg(target_os = "linux")]
    // SAFETY: syncfs(2) takes no pointer; `handle` keeps the descriptor open during the call.
    let status = unsafe { libc::syncfs(handle.as_raw_fd()) };
    #[cfg(not(target_os = "linux"))]
    // SAFETY: fsync(2) takes no pointer; `handle` keeps the descriptor open during the call.
    let status = unsafe { libc::fsync(handle.as_raw_fd()) };
    if status == 0 {
        Ok(())
    } else {
        Err(fail(io::Error::last_os_error()))
    }
}
