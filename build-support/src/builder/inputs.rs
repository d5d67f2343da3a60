//! From the compiler's dependencies to the store's inputs.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::recipe::Recipe;
use super::setup::Setup;
use crate::store::{FileDigests, Input};

/// The files that a component was made from, each once, sorted: those of the tree relative to it,
/// others absolute.
///
/// What is generated is in the recipe's key, and so is what Makefiles say. The files that these
/// were made from are named, because their change makes a build out of date, but not compared.
pub(super) fn collect<'a>(
    setup: &Setup,
    recipe: &Recipe,
    folder: &Path,
    dependencies: impl Iterator<Item = &'a PathBuf>,
    digests: &mut FileDigests,
) -> Vec<Input> {
    let root = setup.tree.root();
    let described = recipe
        .component
        .makefiles
        .iter()
        .chain(&recipe.described_by);
    let mut inputs: BTreeMap<String, Option<String>> = described
        .filter_map(|path| name(setup, folder, &root.join(path)))
        .map(|path| (path, None))
        .collect();
    for path in dependencies {
        if let Some(path) = name(setup, folder, path) {
            let digest = digests.digest(&path).map(str::to_owned);
            inputs.insert(path, digest);
        }
    }
    let inputs = inputs.into_iter();
    inputs
        .map(|(path, digest)| Input { path, digest })
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
