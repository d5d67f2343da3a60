//! Where make finds files: `.PATH`, `.PATH.suffix`, and the source that an object is made from.

use std::collections::HashMap;

use super::tree::{self, Folder, Tree};

/// The suffixes that share/mk compiles to an object, in the order in which it tries them.
const COMPILED: [&str; 3] = ["s", "S", "c"];

/// The search paths of one evaluation.
#[derive(Debug, Default)]
pub(crate) struct SearchPaths {
    general: Vec<Place>,
    by_suffix: HashMap<String, Vec<Place>>,
}

/// A folder of a search path.
#[derive(Debug)]
struct Place {
    folder: Folder,
    path: String,
}

impl SearchPaths {
    /// A dependency line of `.PATH` (no suffix) or `.PATH.suffix`; one without folders clears.
    ///
    /// Folders that do not exist are left out, as make does.
    pub(crate) fn add(&mut self, tree: &Tree, suffix: Option<&str>, folders: &str) {
        let places = match suffix {
            None => &mut self.general,
            Some(suffix) => self.by_suffix.entry(suffix.to_owned()).or_default(),
        };
        if folders.trim().is_empty() {
            places.clear();
        }
        for path in folders.split_whitespace().filter_map(tree::inside) {
            if let Some(folder) = tree.folder(&path)
                && places.iter().all(|place| place.folder != folder)
            {
                places.push(Place { folder, path });
            }
        }
    }

    /// The file `name`, relative to the tree: in `current`, along its suffix's path, along `.PATH`.
    pub(crate) fn find(&self, tree: &Tree, current: &str, name: &str) -> Option<String> {
        let suffix = name
            .rsplit_once('.')
            .and_then(|(_, suffix)| self.by_suffix.get(suffix));
        let here = Place {
            folder: tree.folder(current)?,
            path: current.to_owned(),
        };
        let suffixed = suffix.into_iter().flatten();
        let places = std::iter::once(&here).chain(suffixed).chain(&self.general);
        tree.first(places.map(|place| (place.folder, &*place.path)), name)
    }

    /// The file that `stem.o` is compiled from: the first suffix in make's order with a file.
    pub(crate) fn find_source(&self, tree: &Tree, current: &str, stem: &str) -> Option<String> {
        COMPILED
            .iter()
            .find_map(|suffix| self.find(tree, current, &format!("{stem}.{suffix}")))
    }
}
