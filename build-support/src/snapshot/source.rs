//! The source that the user names: what kind it is, and how each kind comes in.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use super::cache::{Cache, CacheEntry};
use super::digest::Digest;
use super::error::Error;
use super::progress::Progress;
use super::seen::Fingerprint;
use super::staging::{Limits, Staging};
use super::tree::Tree;
use super::{Request, archive, directory, verify};

/// What a source can be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Tree,
    Archive,
    Git,
}

/// Opens the source at `path`: a tree where it lies, all else through the cache.
pub(super) fn open(
    path: &Path,
    request: &Request,
    cache: &Cache,
    progress: &mut dyn Progress,
) -> Result<Tree, Error> {
    let kind = detect(path)?;
    if kind == Kind::Tree && request.accept_unpinned {
        warn_unpinned(path, request, progress);
        return directory::open_unpinned(path);
    }
    if kind == Kind::Tree {
        return directory::open(path, &request.pin, cache, progress);
    }
    // An archive that was unpacked before, or the revision of a git repository, which cannot
    // change, need not be read again.
    let mut fingerprint = Fingerprint::new();
    if kind == Kind::Archive {
        let status = fs::metadata(path).map_err(|source| Error::Read {
            path: path.to_owned(),
            source,
        })?;
        fingerprint.add("", &status);
    } else {
        fingerprint.add_text(&request.pin.revision);
    }
    if let Some(digest) = cache.recall(path, &fingerprint)
        && let Some(entry) = cache.entry(digest)
        && (digest == request.pin.digest || request.accept_unpinned)
    {
        return Ok(tree(&entry, digest, path, request, progress));
    }
    let imported = bring_in(path, kind, request, cache, progress)?;
    if let Some(digest) = imported.digest() {
        cache.note_digest(path, &fingerprint, digest);
    }
    Ok(imported)
}

/// Copies or unpacks the source at `path` into the cache.
pub(super) fn import(
    path: &Path,
    request: &Request,
    cache: &Cache,
    progress: &mut dyn Progress,
) -> Result<Tree, Error> {
    bring_in(path, detect(path)?, request, cache, progress)
}

fn bring_in(
    path: &Path,
    kind: Kind,
    request: &Request,
    cache: &Cache,
    progress: &mut dyn Progress,
) -> Result<Tree, Error> {
    let origin = match kind {
        Kind::Tree => format!("the tree {}", path.display()),
        Kind::Archive => format!("the archive {}", path.display()),
        Kind::Git => format!("revision {} of {}", request.pin.revision, path.display()),
    };
    // Of a source that may be anything, the digest is known only afterwards.
    let key = if request.accept_unpinned {
        Digest::of(path.as_os_str().as_encoded_bytes())
    } else {
        request.pin.digest
    };
    let (entry, digest) = cache.fill(
        &key.to_string(),
        None,
        (origin.clone(), Limits::default()),
        progress,
        |staging, progress| take_in(path, kind, request, staging, progress),
        |found| {
            if request.accept_unpinned {
                verify::is_netbsd(&found.manifest, &origin)
            } else {
                verify::taken_in(found, &request.pin, &origin, cache)
            }
        },
    )?;
    Ok(tree(&entry, digest, path, request, progress))
}

fn tree(
    entry: &CacheEntry,
    digest: Digest,
    path: &Path,
    request: &Request,
    progress: &mut dyn Progress,
) -> Tree {
    let pinned = digest == request.pin.digest;
    if !pinned {
        warn_unpinned(path, request, progress);
    }
    Tree::cached(entry, digest, pinned)
}

fn warn_unpinned(path: &Path, request: &Request, progress: &mut dyn Progress) {
    progress.warn(&format!(
        "NetBSD is taken from {}, which is not or not known to be the pinned snapshot {}, because \
         an unpinned tree was asked for (RUMPKERNEL_UNPINNED)",
        path.display(),
        request.pin.name
    ));
}

fn take_in(
    path: &Path,
    kind: Kind,
    request: &Request,
    staging: &mut Staging,
    progress: &mut dyn Progress,
) -> Result<(), Error> {
    match kind {
        Kind::Tree => directory::copy(path, staging, progress),
        Kind::Archive => {
            let fail = |source| Error::Read {
                path: path.to_owned(),
                source,
            };
            let file = File::open(path).map_err(fail)?;
            let length = file.metadata().map_err(fail)?.len();
            archive::unpack(file, Some(length), staging, progress)
        }
        Kind::Git => git(path, request, staging, progress),
    }
}

#[cfg(feature = "git")]
fn git(
    path: &Path,
    request: &Request,
    staging: &mut Staging,
    progress: &mut dyn Progress,
) -> Result<(), Error> {
    super::git::check_out(path, &request.pin, staging, progress)
}

#[cfg(not(feature = "git"))]
fn git(
    path: &Path,
    request: &Request,
    _staging: &mut Staging,
    _progress: &mut dyn Progress,
) -> Result<(), Error> {
    Err(Error::Git {
        path: path.to_owned(),
        reason: format!(
            "this build cannot read git repositories; run `cargo rumpkernel fetch --snapshot {} \
             --from {}` once, or enable the feature `git`",
            request.pin.name,
            path.display()
        ),
    })
}

fn detect(path: &Path) -> Result<Kind, Error> {
    let fail = |source| Error::Read {
        path: path.to_owned(),
        source,
    };
    let unknown = |reason: &str| Error::UnknownSource {
        path: path.to_owned(),
        reason: reason.to_owned(),
    };
    let status = fs::metadata(path).map_err(fail)?;
    if status.is_dir() {
        return if directory::is_tree(path) {
            Ok(Kind::Tree)
        } else if path.join("objects").is_dir() || path.join(".git/objects").is_dir() {
            Ok(Kind::Git)
        } else {
            Err(Error::NotNetbsd {
                origin: path.display().to_string(),
                missing: verify::REQUIRED[0].to_owned(),
            })
        };
    }
    if !status.is_file() {
        return Err(unknown("neither a file nor a folder"));
    }
    let mut magic = Vec::new();
    File::open(path)
        .and_then(|file| file.take(2).read_to_end(&mut magic))
        .map_err(fail)?;
    // RFC 1952, section 2.3.1.
    if magic == [0x1f, 0x8b] {
        Ok(Kind::Archive)
    } else {
        Err(unknown("a file that is not compressed by gzip"))
    }
}
