//! From a pin to a verified source tree on disk.
//!
//! A [`Pin`] names a NetBSD tree by the digest of its [`manifest`]: content is what is pinned.
//! [`obtain`] finds such a tree, in this order: the source that the user names (a source tree, a
//! .tar.gz of one, or a git repository), the vendored part of a tree, the per-user cache, the
//! network. Whatever way the files come, they pass the same check, once: on their way into the
//! cache, or, for a tree that is built from where it lies, whenever stat(2) shows a change. A tree
//! that is not what is pinned is an error, and nothing of it is used.
//!
//! A folder counts as a source tree if it has `sys/rump`, else as a git repository if it has
//! objects; to read a checkout's objects instead of its files, name its `.git` folder.
//!
//! Nothing here reads the environment but [`default_cache_dir`] (and, in a download, the usual
//! variables for proxies): the caller passes settings. Messages do name the variables and commands
//! that help, because they end up before the eyes of a user of the whole project.
//!
//! All functions may be called from several threads and processes at once, with the same cache.

mod archive;
mod cache;
mod contents;
mod digest;
mod directory;
#[cfg(feature = "download")]
mod download;
mod error;
#[cfg(feature = "git")]
mod git;
mod inside;
pub mod manifest;
mod pin;
mod progress;
mod seen;
mod source;
mod staging;
pub mod subset;
mod tree;
mod verify;

use std::path::{Path, PathBuf};

pub use cache::default_cache_dir;
pub use contents::{Content, Kept, contents};
pub use digest::{Digest, NotADigest};
pub use error::{Error, Mismatch};
pub use pin::{Pin, compared, default_pin, pin, pins};
pub use progress::{Progress, Warnings};
pub use tree::Tree;

use cache::Cache;
use manifest::Manifest;
#[cfg(feature = "download")]
use staging::Limits;

/// What to find, and where to look.
#[derive(Debug, Clone)]
pub struct Request {
    /// What must be found.
    pub pin: Pin,
    /// A source tree, a .tar.gz of one, or a git repository; asked first (`RUMPKERNEL_SOURCE`).
    pub source: Option<PathBuf>,
    /// A folder with a tree or a part of one, and its manifest; asked next (feature `vendored`).
    pub vendored: Option<PathBuf>,
    /// The user's cache folder (`RUMPKERNEL_CACHE_DIR`, else [`default_cache_dir`]).
    pub cache_dir: PathBuf,
    /// A URL that takes the place of the pin's repository in downloads (`RUMPKERNEL_MIRROR`).
    pub mirror: Option<String>,
    /// Whether the network must be left alone (`CARGO_NET_OFFLINE`).
    pub offline: bool,
    /// Whether `source` may be other than what is pinned (`RUMPKERNEL_UNPINNED`).
    pub accept_unpinned: bool,
}

impl Request {
    /// Asks for `pin` from the cache or the network.
    #[must_use]
    pub fn new(pin: &Pin, cache_dir: PathBuf) -> Self {
        Self {
            pin: pin.clone(),
            source: None,
            vendored: None,
            cache_dir,
            mirror: None,
            offline: false,
            accept_unpinned: false,
        }
    }
}

/// Finds the tree that `request` asks for, and brings it to this machine if need be.
///
/// With the tree in the cache this costs a few system calls. A source tree in a folder is built
/// from where it lies; archives and repositories are unpacked into the cache first.
///
/// # Errors
///
/// [`Error::NotFound`] tells everything that was tried. All other errors are about one source:
/// one that was named and does not serve is never passed over in silence.
pub fn obtain(request: &Request, progress: &mut dyn Progress) -> Result<Tree, Error> {
    check_buildable(&request.pin)?;
    let cache = Cache::new(&request.cache_dir);
    if let Some(path) = &request.source {
        return source::open(path, request, &cache, progress);
    }
    if let Some(folder) = &request.vendored {
        return directory::open(folder, &request.pin, &cache, progress);
    }
    from_cache_or_network(request, &cache, progress)
}

/// Brings the tree that `request` asks for into the cache, also if it lies in a folder already.
///
/// # Errors
///
/// As [`obtain`].
pub fn import(request: &Request, progress: &mut dyn Progress) -> Result<Tree, Error> {
    check_buildable(&request.pin)?;
    let cache = Cache::new(&request.cache_dir);
    match &request.source {
        Some(path) => source::import(path, request, &cache, progress),
        None => from_cache_or_network(request, &cache, progress),
    }
}

fn check_buildable(pin: &Pin) -> Result<(), Error> {
    match &pin.unbuildable {
        Some(reason) => Err(Error::Unbuildable {
            snapshot: pin.name.clone(),
            reason: reason.clone(),
        }),
        None => Ok(()),
    }
}

/// The tree of `pin` in the cache, if it is there.
#[must_use]
pub fn cached(pin: &Pin, cache_dir: &Path) -> Option<Tree> {
    let entry = Cache::new(cache_dir).entry(pin.digest)?;
    Some(Tree::cached(&entry, pin.digest, true))
}

/// Reads the tree of `pin` in the cache again, whole, and compares it with the pin.
///
/// # Errors
///
/// [`Error::NotFound`] if it is not in the cache, [`Error::Mismatch`] if it was altered there.
pub fn verify_cached(
    pin: &Pin,
    cache_dir: &Path,
    progress: &mut dyn Progress,
) -> Result<Tree, Error> {
    let cache = Cache::new(cache_dir);
    let entry = cache.entry(pin.digest).ok_or_else(|| {
        let place = format!("cache {}: it has no {}", cache.root().display(), pin.digest);
        not_found(pin, vec![place])
    })?;
    directory::check(&entry.tree(), pin, &cache, progress)?;
    Ok(Tree::cached(&entry, pin.digest, true))
}

/// What the files of `pin` have to be, if the cache knows: also where they have changed there.
#[must_use]
pub fn pinned_manifest(pin: &Pin, cache_dir: &Path) -> Option<Manifest> {
    let manifest = Cache::new(cache_dir).entry(pin.digest)?.manifest().ok()?;
    (manifest.digest() == pin.digest).then_some(manifest)
}

fn from_cache_or_network(
    request: &Request,
    cache: &Cache,
    progress: &mut dyn Progress,
) -> Result<Tree, Error> {
    let pin = &request.pin;
    if let Some(entry) = cache.entry(pin.digest) {
        return Ok(Tree::cached(&entry, pin.digest, true));
    }
    let mut tried = vec![
        "RUMPKERNEL_SOURCE: not set".to_owned(),
        format!("cache {}: it has no {}", cache.root().display(), pin.digest),
    ];
    match network(request, cache, progress) {
        Err(Error::Download { url, reason }) => tried.push(format!("{url}: {reason}")),
        Err(Error::NotFound { tried: reason, .. }) => tried.extend(reason),
        outcome => return outcome,
    }
    Err(not_found(pin, tried))
}

fn not_found(pin: &Pin, tried: Vec<String>) -> Error {
    Error::NotFound {
        snapshot: pin.name.clone(),
        revision: pin.revision.clone(),
        tried,
    }
}

#[cfg(feature = "download")]
fn network(request: &Request, cache: &Cache, progress: &mut dyn Progress) -> Result<Tree, Error> {
    let pin = &request.pin;
    let url = download::url(pin, request.mirror.as_deref());
    if request.offline {
        return Err(not_found(
            pin,
            vec![format!("{url}: not asked, the build is offline")],
        ));
    }
    let (entry, digest) = cache.fill(
        &pin.digest.to_string(),
        Some(pin.digest),
        (url.clone(), Limits::default()),
        progress,
        |staging, progress| download::import(&url, pin, cache, staging, progress),
        |found| verify::taken_in(found, pin, &url, cache),
    )?;
    Ok(Tree::cached(&entry, digest, true))
}

#[cfg(not(feature = "download"))]
fn network(request: &Request, _cache: &Cache, _progress: &mut dyn Progress) -> Result<Tree, Error> {
    let reason = "network: rumpkernel-build was built without its feature `download`".to_owned();
    Err(not_found(&request.pin, vec![reason]))
}
