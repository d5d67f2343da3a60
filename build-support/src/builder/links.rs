//! The folder of include links: `machine` and its relatives.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use super::Error;
use crate::target::Target;

/// Links of one target into one tree.
#[derive(Debug)]
pub(super) struct Links {
    folder: PathBuf,
    /// Name and folder relative to the tree, of those that the tree has.
    links: Vec<(&'static str, PathBuf)>,
}

impl Links {
    /// Makes the links in `folder`.
    pub(super) fn make(folder: PathBuf, target: &Target, tree: &Path) -> Result<Self, Error> {
        fs::create_dir_all(&folder).map_err(Error::file("create", &folder))?;
        let mut links = target.include_links();
        links.retain(|(_, place)| tree.join(place).is_dir());
        for (name, place) in &links {
            let link = folder.join(name);
            let wanted = tree.join(place);
            if fs::read_link(&link).is_ok_and(|found| found == wanted) {
                continue;
            }
            match fs::remove_file(&link) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(Error::file("remove", link)(error));
                }
                _ => {}
            }
            symlink(&wanted, &link).map_err(Error::file("create", &link))?;
        }
        Ok(Self { folder, links })
    }

    /// The folder, for `-I`.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The links themselves: where they lie, and what they stand for in the tree.
    pub(super) fn iter(&self) -> impl Iterator<Item = (PathBuf, &Path)> {
        self.links
            .iter()
            .map(|(name, place)| (self.folder.join(name), place.as_path()))
    }

    /// The path in the tree of a file that was reached through a link.
    pub(super) fn resolve(&self, path: &Path) -> Option<PathBuf> {
        let rest = path.strip_prefix(&self.folder).ok()?;
        self.links.iter().find_map(|(name, place)| {
            let below = rest.strip_prefix(name).ok()?;
            Some(place.join(below))
        })
    }
}
