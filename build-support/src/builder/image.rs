//! The kernel image of a build, made again only when a library of it is another.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::Error;
use super::setup::Setup;
use crate::image::{self, Linker};
use crate::store::{Key, KeyBuilder};

/// The folder for it in the build's own.
const FOLDER: &str = "image";
/// The linked object, which debuggers can read: loaded at an instance's address it has names and
/// lines.
const OBJECT: &str = "kernel.so";
/// The key of what lies in the folder, written last.
const STAMP: &str = "stamp";

/// Of what makes images, whose sources the store's keys leave out.
const REVISION: &str = env!("IMAGE_REVISION");

/// The key of an image of libraries, which are named by what they were made from.
pub(super) fn key<'a>(setup: &Setup, libraries: impl Iterator<Item = &'a OsStr>) -> Key {
    KeyBuilder::new("image")
        .with(REVISION)
        .with(&setup.identity)
        .with(linker(setup).identity())
        .with_all(libraries.map(OsStr::as_encoded_bytes))
        .key()
}

/// Links and packs, and gives the Rust source of the image.
pub(super) fn make(
    setup: &Setup,
    key: &Key,
    libraries: &[PathBuf],
    out_dir: &Path,
) -> Result<PathBuf, Error> {
    let folder = out_dir.join(FOLDER);
    let source = folder.join(image::SOURCE);
    let stamp = folder.join(STAMP);
    let key = key.to_string();
    if fs::read_to_string(&stamp).is_ok_and(|found| found == key) && source.is_file() {
        return Ok(source);
    }
    fs::create_dir_all(&folder).map_err(Error::file("create", &folder))?;
    // What is cut short must not pass for what was there before.
    let _ = fs::remove_file(&stamp);
    let object = folder.join(OBJECT);
    image::link(linker(setup), &setup.target, libraries, &object)?;
    let packed = image::pack(&object, &setup.target, libraries)?;
    packed
        .write(&folder)
        .map_err(Error::file("write", &source))?;
    fs::write(&stamp, key).map_err(Error::file("write", &stamp))?;
    Ok(source)
}

fn linker(setup: &Setup) -> Linker<'_> {
    Linker::new(&setup.compiler, setup.lld.as_deref())
}
