//! A source tree in a folder: built from where it lies, or copied into the cache.

use std::fs::{self, File, Metadata};
use std::path::{Path, PathBuf};

use super::cache::{Cache, read_manifest};
use super::digest::{CopyError, Digest};
use super::error::Error;
use super::inside::{check_link, check_path};
use super::manifest::{self, Entry, FileType, Manifest};
use super::pin::Pin;
use super::progress::Progress;
use super::seen::Fingerprint;
use super::staging::Staging;
use super::subset;
use super::tree::Tree;
use super::verify::{self, REQUIRED};

/// One file of the subset.
struct Found {
    path: String,
    status: Metadata,
}

/// Whether a source tree seems to lie in `folder`.
pub(super) fn is_tree(folder: &Path) -> bool {
    folder.join("sys/rump").is_dir() || folder.join(manifest::FILE_NAME).is_file()
}

/// Verifies the tree in `folder` and leaves it there.
///
/// With a manifest of its own the tree may lack files, but what it has must be as listed.
pub(super) fn open(
    folder: &Path,
    pin: &Pin,
    cache: &Cache,
    progress: &mut dyn Progress,
) -> Result<Tree, Error> {
    let carried = folder.join(manifest::FILE_NAME);
    let whole = carried
        .is_file()
        .then(|| read_manifest(&carried))
        .transpose()?;
    let origin = format!("the tree {}", folder.display());
    if whole.is_none() {
        require(folder, &origin)?;
    }
    let files = list(folder)?;
    let mut fingerprint = Fingerprint::new();
    if whole.is_some() {
        fingerprint.add(manifest::FILE_NAME, &stat(&carried)?);
    }
    for file in &files {
        fingerprint.add(&file.path, &file.status);
    }
    if cache.recall(folder, &fingerprint) != Some(pin.digest) {
        let found = hash(folder, &files, progress)?;
        match &whole {
            None => verify::complete(&found, found.digest(), pin, &origin, cache)?,
            Some(whole) => verify::partial(&found, whole, pin, &origin)?,
        }
        cache.note_digest(folder, &fingerprint, pin.digest);
    }
    Ok(Tree::in_place(folder.to_owned(), pin.digest, whole))
}

/// Reads the whole tree in `folder` and compares it with `pin`, whatever was noted of it.
pub(super) fn check(
    folder: &Path,
    pin: &Pin,
    cache: &Cache,
    progress: &mut dyn Progress,
) -> Result<(), Error> {
    let found = hash(folder, &list(folder)?, progress)?;
    let origin = format!("the tree {}", folder.display());
    verify::complete(&found, found.digest(), pin, &origin, cache)
}

/// Takes the tree in `folder` as it is.
pub(super) fn open_unpinned(folder: &Path) -> Result<Tree, Error> {
    require(folder, &format!("the tree {}", folder.display()))?;
    Ok(Tree::unread(folder.to_owned()))
}

/// Copies the subset of the tree in `folder`.
pub(super) fn copy(
    folder: &Path,
    staging: &mut Staging,
    progress: &mut dyn Progress,
) -> Result<(), Error> {
    let files = list(folder)?;
    progress.begin(
        "copying",
        Some(files.iter().map(|file| file.status.len()).sum()),
    );
    let outcome = files.iter().try_for_each(|file| {
        let path = folder.join(&file.path);
        if file.status.is_symlink() {
            staging.link(&file.path, &link_target(&path)?)?;
        } else {
            let fail = |source| Error::Read {
                path: path.clone(),
                source,
            };
            staging.file(&file.path, &mut File::open(&path).map_err(fail)?)?;
        }
        progress.advance(file.status.len());
        Ok(())
    });
    progress.end();
    outcome
}

fn require(folder: &Path, origin: &str) -> Result<(), Error> {
    match REQUIRED.iter().find(|path| !folder.join(path).is_file()) {
        Some(missing) => Err(Error::NotNetbsd {
            origin: origin.to_owned(),
            missing: (*missing).to_owned(),
        }),
        None => Ok(()),
    }
}

fn hash(folder: &Path, files: &[Found], progress: &mut dyn Progress) -> Result<Manifest, Error> {
    let mut manifest = Manifest::default();
    progress.begin(
        "verifying",
        Some(files.iter().map(|file| file.status.len()).sum()),
    );
    for file in files {
        let path = folder.join(&file.path);
        let fail = |source| Error::Read {
            path: path.clone(),
            source,
        };
        let entry = if file.status.is_symlink() {
            let target = link_target(&path)?;
            check_link(&file.path, &target).map_err(|reason| Error::Hostile {
                origin: format!("the tree {}", folder.display()),
                member: file.path.clone(),
                reason: reason.to_owned(),
            })?;
            Entry {
                file_type: FileType::Link,
                digest: Digest::of(target.as_bytes()),
            }
        } else {
            let mut content = File::open(&path).map_err(fail)?;
            let digest = Digest::copying(&mut content, &mut |_| Ok(()))
                .map_err(|(CopyError::Read(error) | CopyError::Write(error))| fail(error))?;
            Entry {
                file_type: FileType::Regular,
                digest,
            }
        };
        manifest.insert(file.path.clone(), entry);
        progress.advance(file.status.len());
    }
    progress.end();
    Ok(manifest)
}

fn list(folder: &Path) -> Result<Vec<Found>, Error> {
    let mut files = Vec::new();
    walk(folder, "", &mut files)?;
    files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn walk(folder: &Path, below: &str, files: &mut Vec<Found>) -> Result<(), Error> {
    let fail = |source| Error::Read {
        path: folder.to_owned(),
        source,
    };
    for entry in fs::read_dir(folder).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let path = entry.path();
        let refuse = |member: String, reason: &str| Error::Hostile {
            origin: format!("the tree {}", folder.display()),
            member,
            reason: reason.to_owned(),
        };
        let name = entry
            .file_name()
            .into_string()
            .map_err(|name| refuse(name.display().to_string(), "a name that is not UTF-8"))?;
        let relative = if below.is_empty() {
            name
        } else {
            format!("{below}/{name}")
        };
        let file_type = entry.file_type().map_err(fail)?;
        if file_type.is_dir() {
            if subset::may_contain(&relative) {
                walk(&path, &relative, files)?;
            }
        } else if subset::contains(&relative) {
            check_path(&relative).map_err(|reason| refuse(relative.clone(), reason))?;
            if !file_type.is_file() && !file_type.is_symlink() {
                return Err(refuse(
                    relative,
                    "neither a regular file nor a symbolic link",
                ));
            }
            files.push(Found {
                path: relative,
                status: stat(&path)?,
            });
        }
    }
    Ok(())
}

fn stat(path: &Path) -> Result<Metadata, Error> {
    fs::symlink_metadata(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })
}

fn link_target(path: &PathBuf) -> Result<String, Error> {
    let target = fs::read_link(path).map_err(|source| Error::Read {
        path: path.clone(),
        source,
    })?;
    target
        .into_os_string()
        .into_string()
        .map_err(|target| Error::Hostile {
            origin: path.display().to_string(),
            member: target.display().to_string(),
            reason: "a symbolic link to a name that is not UTF-8".to_owned(),
        })
}
