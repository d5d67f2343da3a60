//! Tells the crate which revision of its own sources it is, so that what another revision compiled
//! is not taken for its own: a version number alone would be the same all through development. Left
//! out is what has no say in how a component is compiled. Images have a revision of their own, and
//! so do repairs, whose effect on a component is all in its recipe.

use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::{fs, io};

const SOURCES: &str = "src";
const IMAGE: &str = "src/image";
const REPAIRS: &str = "src/target/repair";

/// Where sources come from, what settings are called, what is made of libraries once they are
/// built, and how build scripts ask for components.
const WITHOUT_SAY: [&str; 5] = [IMAGE, REPAIRS, "src/own", "src/settings", "src/snapshot"];

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={SOURCES}");
    for (name, folder) in [("BUILDER", SOURCES), ("IMAGE", IMAGE), ("REPAIRS", REPAIRS)] {
        println!("cargo::rustc-env={name}_REVISION={}", revision(folder)?);
    }
    Ok(())
}

/// Of the sources in a folder.
fn revision(folder: &str) -> io::Result<String> {
    let mut files = Vec::new();
    collect(Path::new(folder), &mut files)?;
    files.sort();
    // Its keys are fixed, and a new version of Rust may well mean a new revision.
    let mut hasher = DefaultHasher::new();
    for file in files {
        hasher.write(file.as_os_str().as_encoded_bytes());
        hasher.write(&fs::read(&file)?);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if WITHOUT_SAY.iter().any(|&folder| path == Path::new(folder)) {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
