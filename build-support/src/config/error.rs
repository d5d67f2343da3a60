//! What can be wrong with a configuration, and where.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::definitions::Definitions;
use crate::spelling::distance;

/// A line of a configuration file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file, as it was opened.
    pub file: Arc<Path>,
    /// The line, counted from 1; of a statement that is continued, the first.
    pub line: u32,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}

/// Why a configuration cannot be turned into tables.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The ioconf file itself cannot be read.
    #[error("cannot read the ioconf file {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// An included file cannot be read.
    #[error(
        "{at}: cannot read the included file {}; expected it in the source tree that the configuration belongs to",
        path.display()
    )]
    MissingInclude {
        /// The `include` statement.
        at: Location,
        /// The file that it leads to.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file includes itself, directly or through others.
    #[error("{at}: `{}` includes itself: {}", path.display(), chain(chain_of_files))]
    IncludeCycle {
        /// The `include` statement that closes the cycle.
        at: Location,
        /// The file that is included a second time.
        path: PathBuf,
        /// The files being read, outermost first.
        chain_of_files: Vec<PathBuf>,
    },
    /// The text does not follow the grammar of config(5).
    #[error("{at}: in `{statement}`: found {found}, expected {expected}")]
    Syntax {
        /// The statement.
        at: Location,
        /// The word that opens it.
        statement: String,
        /// What stands there.
        found: String,
        /// What may stand there.
        expected: String,
    },
    /// A name that nothing in the files read so far defines.
    #[error("{at}: `{name}` is not a known {kind}{}", suggestion(similar.as_deref()))]
    Unknown {
        /// The statement.
        at: Location,
        /// What the name should be: a device, an attribute, …
        kind: &'static str,
        /// The name.
        name: String,
        /// A known name that is spelled almost like it.
        similar: Option<String>,
    },
    /// A statement that is well-formed but cannot be carried out.
    #[error("{at}: {problem}")]
    Invalid {
        /// The statement.
        at: Location,
        /// What is wrong, and what would be right.
        problem: String,
    },
}

fn chain(files: &[PathBuf]) -> String {
    let names: Vec<_> = files.iter().map(|f| f.display().to_string()).collect();
    names.join(" → ")
}

fn suggestion(similar: Option<&str>) -> String {
    match similar {
        Some(name) => format!("; did you mean `{name}`?"),
        None => "; is an `include` of the files.* that defines it missing?".to_owned(),
    }
}

pub(super) fn unknown_device(
    definitions: &Definitions,
    kind: &'static str,
    name: &str,
    location: &Location,
) -> Error {
    let similar = nearest(name, definitions.devices.iter().map(|d| d.name.as_str()));
    unknown(location, kind, name, similar)
}

pub(super) fn unknown(
    at: &Location,
    kind: &'static str,
    name: &str,
    similar: Option<String>,
) -> Error {
    Error::Unknown {
        at: at.clone(),
        kind,
        name: name.to_owned(),
        similar,
    }
}

pub(super) fn invalid(at: &Location, problem: String) -> Error {
    Error::Invalid {
        at: at.clone(),
        problem,
    }
}

/// The candidate nearest in spelling to `name`, if any is near enough to be a slip of the pen.
pub(super) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    let limit = if name.len() < 5 { 1 } else { 2 };
    candidates
        .filter(|c| c.len().abs_diff(name.len()) <= limit)
        .map(|c| (distance(name, c), c))
        .filter(|&(distance, _)| distance <= limit)
        .min()
        .map(|(_, c)| c.to_owned())
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_pen_is_recognised() {
        let known = ["scsibus", "atapibus", "sd"];
        assert_eq!(
            nearest("scisbus", known.into_iter()).as_deref(),
            Some("scsibus")
        );
        assert_eq!(nearest("sdd", known.into_iter()).as_deref(), Some("sd"));
        assert_eq!(nearest("audio", known.into_iter()), None);
    }
}
