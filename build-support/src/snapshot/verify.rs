//! The check that everything passes, whatever way it came: is this what is pinned?

use super::cache::Cache;
use super::digest::Digest;
use super::error::{Error, Mismatch};
use super::manifest::{Difference, Manifest};
use super::pin::{Pin, pins};

/// Files that every NetBSD tree with rump kernels has.
pub(super) const REQUIRED: [&str; 3] = [
    "sys/rump/Makefile.rump",
    "sys/sys/param.h",
    "common/lib/libc/Makefile.inc",
];

/// What a source has turned out to hold.
pub(super) struct Found {
    /// Its files.
    pub(super) manifest: Manifest,
    /// The manifest's digest.
    pub(super) digest: Digest,
    /// The text of the manifest that the source carries, if it does; nobody has looked at it.
    pub(super) carried: Option<String>,
}

/// Checks that `found` is a NetBSD tree at all.
pub(super) fn is_netbsd(found: &Manifest, origin: &str) -> Result<(), Error> {
    match REQUIRED.iter().find(|path| found.get(path).is_none()) {
        Some(missing) => Err(Error::NotNetbsd {
            origin: origin.to_owned(),
            missing: (*missing).to_owned(),
        }),
        None => Ok(()),
    }
}

/// Checks that `found`, whose digest is `digest`, is all that `pin` names and nothing else.
///
/// If the cache has the pin's manifest, the error names the files that differ.
pub(super) fn complete(
    found: &Manifest,
    digest: Digest,
    pin: &Pin,
    origin: &str,
    cache: &Cache,
) -> Result<(), Error> {
    if digest == pin.digest {
        return Ok(());
    }
    is_netbsd(found, origin)?;
    let reference = cache
        .entry(pin.digest)
        .and_then(|entry| entry.manifest().ok());
    let differences = reference.map(|reference| named(reference.differences(found)));
    Err(mismatch(found, digest, pin, origin, differences))
}

/// The same for what has come into the cache, which must not say of itself what it is not either.
pub(super) fn taken_in(found: &Found, pin: &Pin, origin: &str, cache: &Cache) -> Result<(), Error> {
    let Some(text) = &found.carried else {
        return complete(&found.manifest, found.digest, pin, origin, cache);
    };
    let source = format!("the manifest of {origin}");
    let carried = Manifest::parse(text).map_err(|source_error| Error::Manifest {
        path: source.clone().into(),
        source: source_error,
    })?;
    let digest = carried.digest();
    if digest != pin.digest {
        return Err(mismatch(&carried, digest, pin, &source, None));
    }
    if found.digest == pin.digest {
        return Ok(());
    }
    let differences = Some(named(carried.differences(&found.manifest)));
    Err(mismatch(
        &found.manifest,
        found.digest,
        pin,
        origin,
        differences,
    ))
}

/// Checks that `whole`, which the source carries, is the manifest of `pin`, and that `found` is a
/// part of it.
pub(super) fn partial(
    found: &Manifest,
    whole: &Manifest,
    pin: &Pin,
    origin: &str,
) -> Result<(), Error> {
    let digest = whole.digest();
    if digest != pin.digest {
        let origin = format!("the manifest of {origin}");
        return Err(mismatch(whole, digest, pin, &origin, None));
    }
    let mut differences = whole.differences(found);
    differences.retain(|(_, difference)| *difference != Difference::Missing);
    if differences.is_empty() {
        return Ok(());
    }
    let differences = Some(named(differences));
    Err(mismatch(found, found.digest(), pin, origin, differences))
}

fn named(differences: Vec<(&str, Difference)>) -> Vec<(String, Difference)> {
    differences
        .into_iter()
        .map(|(path, difference)| (path.to_owned(), difference))
        .collect()
}

fn mismatch(
    found: &Manifest,
    digest: Digest,
    pin: &Pin,
    origin: &str,
    differences: Option<Vec<(String, Difference)>>,
) -> Error {
    Error::Mismatch(Box::new(Mismatch {
        origin: origin.to_owned(),
        snapshot: pin.name.clone(),
        expected: pin.digest,
        found: digest,
        expected_files: pin.files,
        found_files: found.len(),
        other: pins()
            .iter()
            .find(|other| other.digest == digest)
            .map(|other| other.name.clone()),
        differences,
    }))
}
