//! What a file system should hold.

use std::collections::BTreeMap;

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry {
    Directory,
    /// The file with this number. Several paths may lead to it.
    File(u32),
}

impl Entry {
    pub(super) fn is_file(self) -> bool {
        matches!(self, Self::File(_))
    }
}

/// Directories and files by their paths, which begin with a slash. The root has none.
#[derive(Debug, Default)]
pub(super) struct Model {
    entries: BTreeMap<String, Entry>,
    contents: BTreeMap<u32, Vec<u8>>,
    /// The number of the next file.
    next: u32,
}

/// Whether a path is that of a directory, or lies below it.
pub(super) fn is_inside(path: &str, directory: &str) -> bool {
    let rest = path.strip_prefix(directory);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The directory that a path lies in; the root's is the empty string.
pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

impl Model {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn contains(&self, path: &str) -> bool {
        self.entries.contains_key(path)
    }

    pub(super) fn nth(&self, index: usize) -> Option<(&str, Entry)> {
        let (path, entry) = self.entries.iter().nth(index)?;
        Some((path, *entry))
    }

    pub(super) fn directories(&self) -> Vec<String> {
        let directories = self.entries.iter().filter(|(_, entry)| !entry.is_file());
        directories.map(|(path, _)| path.clone()).collect()
    }

    /// What lies in a directory, sorted by name.
    pub(super) fn children(&self, directory: &str) -> impl Iterator<Item = (&str, Entry)> {
        let below = format!("{directory}/");
        let length = below.len();
        let from_first = self.entries.range(below.clone()..);
        from_first
            .take_while(move |(path, _)| path.starts_with(&below))
            .filter(move |(path, _)| !path[length..].contains('/'))
            .map(move |(path, entry)| (&path[length..], *entry))
    }

    pub(super) fn is_empty_dir(&self, path: &str) -> bool {
        self.children(path).next().is_none()
    }

    pub(super) fn contents(&self, number: u32) -> &[u8] {
        &self.contents[&number]
    }

    pub(super) fn link_count(&self, number: u32) -> usize {
        let wanted = Entry::File(number);
        self.entries
            .values()
            .filter(|entry| **entry == wanted)
            .count()
    }

    pub(super) fn create(&mut self, path: &str, contents: Vec<u8>) {
        self.contents.insert(self.next, contents);
        self.entries.insert(path.to_owned(), Entry::File(self.next));
        self.next += 1;
    }

    pub(super) fn create_dir(&mut self, path: &str) {
        self.entries.insert(path.to_owned(), Entry::Directory);
    }

    pub(super) fn link(&mut self, from: &str, to: &str) {
        self.entries.insert(to.to_owned(), self.entries[from]);
    }

    pub(super) fn remove(&mut self, path: &str) {
        let removed = self.entries.remove(path);
        self.forget(removed);
    }

    /// Drops the contents of a file that has no name any more.
    fn forget(&mut self, removed: Option<Entry>) {
        if let Some(Entry::File(number)) = removed
            && self.link_count(number) == 0
        {
            self.contents.remove(&number);
        }
    }

    pub(super) fn rename(&mut self, from: &str, to: &str) {
        let moved: Vec<String> = self
            .entries
            .range(from.to_owned()..)
            .map(|(path, _)| path)
            .take_while(|path| path.starts_with(from))
            .filter(|path| is_inside(path, from))
            .cloned()
            .collect();
        for path in moved {
            let entry = self.entries.remove(&path).expect("found a moment ago");
            let replaced = self
                .entries
                .insert(format!("{to}{}", &path[from.len()..]), entry);
            self.forget(replaced);
        }
    }

    pub(super) fn write(&mut self, path: &str, offset: usize, bytes: &[u8]) {
        // What is written behind the end leaves zeros in between; writing nothing changes nothing.
        if bytes.is_empty() {
            return;
        }
        let contents = self.contents_mut(path);
        let end = offset + bytes.len();
        if contents.len() < end {
            contents.resize(end, 0);
        }
        contents[offset..end].copy_from_slice(bytes);
    }

    pub(super) fn truncate(&mut self, path: &str, length: usize) {
        self.contents_mut(path).resize(length, 0);
    }

    fn contents_mut(&mut self, path: &str) -> &mut Vec<u8> {
        match self.entries[path] {
            Entry::File(number) => self
                .contents
                .get_mut(&number)
                .expect("every file has contents"),
            Entry::Directory => panic!("{path} is a directory"),
        }
    }
}
