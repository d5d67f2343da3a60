//! From the compiler's dependencies to the store's inputs.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::setup::Setup;
use crate::store::{FileDigests, Input};

/// The files that a component was made from, each once, sorted: those of the tree relative to it,
/// others absolute. Generated files are left out, because the recipe's key holds their text.
pub(super) fn collect<'a>(
    setup: &Setup,
    folder: &Path,
    dependencies: impl Iterator<Item = &'a PathBuf>,
    digests: &mut FileDigests,
) -> Vec<Input> {
    let paths: BTreeSet<String> = dependencies
        .filter_map(|path| name(setup, folder, path))
        .collect();
    paths
        .into_iter()
        .filter_map(|path| {
            let digest = digests.digest(&path)?.to_owned();
            Some(Input { path, digest })
        })
        .collect()
}

fn name(setup: &Setup, folder: &Path, path: &Path) -> Option<String> {
    if let Some(path) = setup.links.resolve(path) {
        return Some(normal(&path).to_string_lossy().into_owned());
    }
    let path = normal(path);
    if path.is_relative() || path.starts_with(folder) {
        return None;
    }
    let inside = path.strip_prefix(setup.tree.root()).unwrap_or(&path);
    Some(inside.to_string_lossy().into_owned())
}

/// The path without `.` and `..`. NetBSD's trees have no links to folders.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                normal.pop();
            }
            Component::CurDir => {}
            other => normal.push(other),
        }
    }
    normal
}
