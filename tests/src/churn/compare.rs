//! What there is, beside what there should be.

use std::path::{Path, PathBuf};

use rumpkernel::{Kernel, fs};

use super::model::{Entry, Model, parent};

/// Compares the names in the directory that `path` lies in.
pub(super) fn compare_names(
    kernel: &Kernel,
    root: &Path,
    model: &Model,
    path: &str,
) -> Result<(), String> {
    names(kernel, root, model, parent(path)).map(|_| ())
}

/// Compares everything.
pub(super) fn compare(
    kernel: &Kernel,
    root: &Path,
    model: &Model,
    has_links: bool,
) -> Result<(), String> {
    let mut directories = vec![String::new()];
    while let Some(directory) = directories.pop() {
        let place = names(kernel, root, model, &directory)?;
        for (name, entry) in model.children(&directory) {
            let path = place.join(name);
            match entry {
                Entry::Directory => directories.push(format!("{directory}/{name}")),
                Entry::File(number) => compare_file(kernel, &path, model, number, has_links)?,
            }
        }
    }
    Ok(())
}

/// Compares the names in a directory, and returns its path in the kernel.
fn names(kernel: &Kernel, root: &Path, model: &Model, directory: &str) -> Result<PathBuf, String> {
    let place = root.join(directory.trim_start_matches('/'));
    let at = |error| format!("{error}");
    let mut found = Vec::new();
    for entry in fs::read_dir(kernel, &place).map_err(at)? {
        let name = entry.map_err(at)?.file_name();
        found.push(name.to_string_lossy().into_owned());
    }
    found.sort();
    let expected: Vec<&str> = model.children(directory).map(|(name, _)| name).collect();
    let unexpected = found.iter().find(|name| !expected.contains(&name.as_str()));
    let missing = expected
        .iter()
        .find(|name| !found.iter().any(|found| found == *name));
    if found == expected {
        return Ok(place);
    }
    Err(format!(
        "{} lists {} names, not {}; unexpected: {unexpected:?}, missing: {missing:?}",
        place.display(),
        found.len(),
        expected.len(),
    ))
}

fn compare_file(
    kernel: &Kernel,
    path: &Path,
    model: &Model,
    number: u32,
    has_links: bool,
) -> Result<(), String> {
    let found = fs::read(kernel, path).map_err(|error| error.to_string())?;
    let expected = model.contents(number);
    let path = path.display();
    if found.len() != expected.len() {
        let (found, expected) = (found.len(), expected.len());
        return Err(format!("{path} has {found} bytes, not {expected}"));
    }
    let mut pairs = found.iter().zip(expected);
    if let Some(offset) = pairs.position(|(found, expected)| found != expected) {
        let (found, expected) = (found[offset], expected[offset]);
        return Err(format!(
            "{path} has {found:#x} at {offset}, not {expected:#x}"
        ));
    }
    if has_links {
        let metadata = fs::metadata(kernel, path.to_string()).map_err(|error| error.to_string())?;
        let expected = u64::try_from(model.link_count(number)).expect("there are few");
        if metadata.nlink() != expected {
            let found = metadata.nlink();
            return Err(format!("{path} has {found} names, not {expected}"));
        }
    }
    Ok(())
}
