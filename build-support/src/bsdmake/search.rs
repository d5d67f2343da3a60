//! Where make finds files: `.PATH`, `.PATH.suffix`, and the source that an object is made from.

use std::collections::HashMap;

use super::tree::{self, Tree};

/// The suffixes that share/mk compiles to an object, in the order in which it tries them.
const COMPILED: [&str; 3] = ["s", "S", "c"];

/// The search paths of one evaluation; folders are relative to the tree.
#[derive(Debug, Default)]
pub(crate) struct SearchPaths {
    general: Vec<String>,
    by_suffix: HashMap<String, Vec<String>>,
}

impl SearchPaths {
    /// A dependency line of `.PATH` (no suffix) or `.PATH.suffix`; one without folders clears.
    pub(crate) fn add(&mut self, suffix: Option<&str>, folders: &str) {
        let paths = match suffix {
            None => &mut self.general,
            Some(suffix) => self.by_suffix.entry(suffix.to_owned()).or_default(),
        };
        if folders.trim().is_empty() {
            paths.clear();
        }
        for folder in folders.split_whitespace().filter_map(tree::inside) {
            if !paths.contains(&folder) {
                paths.push(folder);
            }
        }
    }

    /// The file `name`, relative to the tree: in `current`, along its suffix's path, along `.PATH`.
    pub(crate) fn find(&self, tree: &Tree, current: &str, name: &str) -> Option<String> {
        let suffix = name
            .rsplit_once('.')
            .and_then(|(_, suffix)| self.by_suffix.get(suffix));
        std::iter::once(current)
            .chain(suffix.into_iter().flatten().map(String::as_str))
            .chain(self.general.iter().map(String::as_str))
            .find(|folder| {
                tree.folder(folder)
                    .is_some_and(|names| names.contains(name))
            })
            .map(|folder| {
                if folder.is_empty() {
                    name.to_owned()
                } else {
                    format!("{folder}/{name}")
                }
            })
    }

    /// The file that `stem.o` is compiled from: the first suffix in make's order with a file.
    pub(crate) fn find_source(&self, tree: &Tree, current: &str, stem: &str) -> Option<String> {
        COMPILED
            .iter()
            .find_map(|suffix| self.find(tree, current, &format!("{stem}.{suffix}")))
    }
}
