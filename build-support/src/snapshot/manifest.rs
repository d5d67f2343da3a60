//! The manifest: what the files of a tree's subset are, as a text whose SHA-256 is the pin.
//!
//! ```text
//! rumpkernel manifest 1, subset 1
//! f ba7816bf…f20015ad sys/sys/param.h
//! l e3b0c442…7852b855 sys/sys/alias.h
//! ```
//!
//! The first line names the versions of this format and of the [`subset`]. Each
//! further line is a file: `f` for a regular file or `l` for a symbolic link, the SHA-256 of the
//! content or of the link's target, and the path, relative to the tree, with `/`. Lines are sorted
//! by the bytes of the path and end in a newline. Neither folders, permissions nor times count.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::digest::Digest;
use super::inside::check_path;
use super::subset;

/// The name of a manifest that partial sources carry, at the top of their tree.
pub const FILE_NAME: &str = "rumpkernel.manifest";

/// What a path of a tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileType {
    /// A regular file.
    Regular,
    /// A symbolic link; its target counts as its content.
    Link,
}

/// A file's type and the digest of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub file_type: FileType,
    /// The SHA-256 of the content, or of the link's target.
    pub digest: Digest,
}

/// The files of a tree's subset, by path.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Manifest {
    entries: BTreeMap<String, Entry>,
}

/// A text that is not a manifest of this version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The first line is not that of this version.
    #[error("line 1: expected `{}`, found `{found}`", header().trim_end())]
    Header {
        /// The line, as far as it is worth showing.
        found: String,
    },
    /// A line is not a sorted, well-formed entry.
    #[error("line {line}: {reason}")]
    Line {
        /// The line's number, from 1.
        line: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl Manifest {
    /// Adds the file at `path`; returns false if the path is there already.
    pub fn insert(&mut self, path: String, entry: Entry) -> bool {
        self.entries.insert(path, entry).is_none()
    }

    /// The file at `path`.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Entry> {
        self.entries.get(path)
    }

    /// Whether `path` is a listed file, or a folder that has one.
    #[must_use]
    pub fn has_path(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        self.entries.contains_key(path)
            || self
                .entries
                .range(folder.clone()..)
                .next()
                .is_some_and(|(next, _)| next.starts_with(&folder))
    }

    /// All files, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries
            .iter()
            .map(|(path, entry)| (path.as_str(), entry))
    }

    /// How many files there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The manifest as a text.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = header();
        for (path, entry) in &self.entries {
            let letter = match entry.file_type {
                FileType::Regular => 'f',
                FileType::Link => 'l',
            };
            // Writing into a String cannot fail.
            let _ = writeln!(text, "{letter} {} {path}", entry.digest);
        }
        text
    }

    /// Reads what [`to_text`](Self::to_text) writes.
    ///
    /// # Errors
    ///
    /// [`ParseError`] for every other text, so that one text belongs to each manifest.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let header = header();
        let Some(body) = text.strip_prefix(&header) else {
            let first = text.lines().next().unwrap_or_default();
            let found = first.chars().take(80).collect();
            return Err(ParseError::Header { found });
        };
        let mut entries = BTreeMap::new();
        let mut previous = "";
        for (index, line) in body.split_inclusive('\n').enumerate() {
            let fail = |reason| ParseError::Line {
                line: index + 2,
                reason,
            };
            let line = line.strip_suffix('\n').ok_or(fail("cut short"))?;
            let mut parts = line.splitn(3, ' ');
            let file_type = match parts.next() {
                Some("f") => FileType::Regular,
                Some("l") => FileType::Link,
                _ => return Err(fail("expected `f` or `l`")),
            };
            let digest = parts
                .next()
                .and_then(|digest| digest.parse().ok())
                .ok_or(fail("expected a SHA-256 digest"))?;
            let path = parts.next().ok_or(fail("expected a path"))?;
            check_path(path).map_err(fail)?;
            if path <= previous {
                return Err(fail("not sorted by path"));
            }
            previous = path;
            entries.insert(path.to_owned(), Entry { file_type, digest });
        }
        Ok(Self { entries })
    }

    /// The SHA-256 of the text: what a [pin](super::Pin) names.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(self.to_text().as_bytes())
    }

    /// What `found` has otherwise than this manifest, sorted by path, with the difference in words.
    pub fn differences<'a>(&'a self, found: &'a Self) -> Vec<(&'a str, Difference)> {
        let gone_or_changed = self.iter().filter_map(|(path, entry)| {
            let difference = match found.get(path) {
                None => Difference::Missing,
                Some(other) if other != entry => Difference::Changed,
                Some(_) => return None,
            };
            Some((path, difference))
        });
        let added = found.iter().filter(|(path, _)| self.get(path).is_none());
        let mut all: Vec<_> = gone_or_changed
            .chain(added.map(|(path, _)| (path, Difference::Added)))
            .collect();
        all.sort_unstable_by_key(|(path, _)| *path);
        all
    }
}

/// How a file differs from what is pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// Pinned, but not there.
    Missing,
    /// There, with other content or of another type.
    Changed,
    /// There, but not pinned.
    Added,
}

fn header() -> String {
    format!("rumpkernel manifest 1, subset {}\n", subset::VERSION)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Manifest {
        let mut manifest = Manifest::default();
        for (path, file_type, content) in [
            ("sys/sys/param.h", FileType::Regular, "a"),
            ("sys/sys.c", FileType::Regular, "b"),
            ("sys/sys/alias.h", FileType::Link, "param.h"),
        ] {
            let digest = Digest::of(content.as_bytes());
            assert!(manifest.insert(path.to_owned(), Entry { file_type, digest }));
        }
        manifest
    }

    // The reference digest was made with printf(1) and sha256sum(1).
    #[test]
    fn its_text_is_the_documented_one() {
        let text = sample().to_text();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "rumpkernel manifest 1, subset 1");
        assert_eq!(
            lines[1],
            "f 3e23e8160039594a33894f6564e1b1348bbd7a0088d42c4acb73eeaed59c009d sys/sys.c"
        );
        assert!(lines[2].starts_with("l ") && lines[2].ends_with(" sys/sys/alias.h"));
        assert!(lines[3].ends_with(" sys/sys/param.h"));
        assert_eq!(Manifest::parse(&text), Ok(sample()));
    }

    #[test]
    fn knows_files_and_folders() {
        let manifest = sample();
        for path in ["sys", "sys/sys", "sys/sys/param.h"] {
            assert!(manifest.has_path(path), "{path}");
        }
        for path in [
            "sy",
            "sys/s",
            "sys/sys/param",
            "sys/sys/param.h/x",
            "sys/sys.c.orig",
        ] {
            assert!(!manifest.has_path(path), "{path}");
        }
    }

    #[test]
    fn an_edited_text_is_refused() {
        let text = sample().to_text();
        let lines: Vec<_> = text.split_inclusive('\n').collect();
        for bad in [
            String::new(),
            text.replace("subset 1", "subset 0"),
            text.trim_end().to_owned(),
            [lines[0], lines[2], lines[1]].concat(),
            [lines[0], lines[1], lines[1]].concat(),
            text.replace("sys/sys.c", "../sys.c"),
            text.replace("sys/sys.c", "/sys/sys.c"),
            text.replace("\nl ", "\nd "),
            text.replace("3e23", "3E23"),
        ] {
            assert!(Manifest::parse(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn names_each_difference() {
        let (pinned, mut found) = (sample(), sample());
        let other = *found.get("sys/sys.c").unwrap();
        found.entries.remove("sys/sys.c");
        found.insert("sys/new.c".to_owned(), other);
        found.insert("sys/sys/param.h".to_owned(), other);
        assert_eq!(
            pinned.differences(&found),
            [
                ("sys/new.c", Difference::Added),
                ("sys/sys.c", Difference::Missing),
                ("sys/sys/param.h", Difference::Changed),
            ]
        );
    }
}
