//! What can go wrong between a pin and a verified tree, and what to do about it.

use std::io;
use std::path::PathBuf;

use super::digest::Digest;
use super::manifest::{Difference, ParseError};

/// Why no verified source tree could be had.
///
/// Each message says what was expected, what was found, and which setting or command helps.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No snapshot has this name.
    #[error(
        "no NetBSD snapshot is called `{name}`; known are {} (RUMPKERNEL_SNAPSHOT takes a name or \
         the first seven or more digits of a revision)",
        known.join(", ")
    )]
    UnknownSnapshot {
        /// The name asked for.
        name: String,
        /// All names that are known.
        known: Vec<String>,
    },

    /// Nothing can be built from this snapshot.
    #[error(
        "nothing can be built from NetBSD snapshot {snapshot}: {reason}; choose another with \
         RUMPKERNEL_SNAPSHOT"
    )]
    Unbuildable {
        /// The snapshot's name.
        snapshot: String,
        /// Why.
        reason: String,
    },

    /// Neither a source was given, nor is the snapshot in the cache, nor could it be downloaded.
    #[error(
        "the sources of NetBSD snapshot {snapshot} are not at hand.\n{}\
         Run `cargo rumpkernel fetch --snapshot {snapshot}` while the network is there, or set \
         RUMPKERNEL_SOURCE to a NetBSD source tree, a .tar.gz of one, or a git repository that \
         has revision {revision}",
        tried.iter().map(|attempt| format!("  tried: {attempt}\n")).collect::<String>()
    )]
    NotFound {
        /// The snapshot's name.
        snapshot: String,
        /// Its git revision.
        revision: String,
        /// Each place that was looked at, and why it did not serve.
        tried: Vec<String>,
    },

    /// The source is no NetBSD tree, or lacks what every one has.
    #[error(
        "{origin} is not a NetBSD source tree: it has no {missing}; expected a tree, a .tar.gz of \
         one, or a git repository such as https://github.com/rumpkernel/src-netbsd"
    )]
    NotNetbsd {
        /// The source that was given.
        origin: String,
        /// A file that every tree has.
        missing: String,
    },

    /// The source is of no known kind.
    #[error(
        "{}: {reason}; expected a NetBSD source tree, a .tar.gz of one, or a git repository",
        path.display()
    )]
    UnknownSource {
        /// The source that was given.
        path: PathBuf,
        /// What it is instead.
        reason: String,
    },

    /// The content is not what is pinned.
    #[error("{0}")]
    Mismatch(Box<Mismatch>),

    /// A source has a member that must not be unpacked, or too much of them.
    #[error("{origin} is refused: `{member}`: {reason}; nothing of it is used")]
    Hostile {
        /// The source that was given.
        origin: String,
        /// The member's name as it is written there.
        member: String,
        /// What is wrong with it.
        reason: String,
    },

    /// A source ended early or cannot be decoded.
    #[error("{origin} is damaged or cut short: {reason}; fetch it again")]
    Damaged {
        /// The source that was given.
        origin: String,
        /// How that shows.
        reason: String,
    },

    /// An archive could not be downloaded.
    #[error("{url}: {reason}")]
    Download {
        /// What was asked for.
        url: String,
        /// What came instead.
        reason: String,
    },

    /// A git repository cannot give the revision.
    #[error("git repository {}: {reason}", path.display())]
    Git {
        /// The repository.
        path: PathBuf,
        /// What it cannot do, and what helps.
        reason: String,
    },

    /// A source could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The host's words.
        source: io::Error,
    },

    /// The manifest that a partial source or the cache carries cannot be read.
    #[error("the manifest {} cannot be read", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong with it.
        source: ParseError,
    },

    /// The cache could not be written.
    #[error(
        "the source cache cannot be changed: {action} {}; make room or let it be \
         written, or set RUMPKERNEL_CACHE_DIR to another folder",
        path.display()
    )]
    Cache {
        /// What was being done.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The host's words.
        source: io::Error,
    },

    /// What was to be removed from the cache serves a build, or is being filled.
    #[error("{} is in use by a build; try again when it has ended", path.display())]
    InUse {
        /// The file or folder.
        path: PathBuf,
    },

    /// The host names no folder for caches.
    #[error(
        "no folder for the source cache: neither XDG_CACHE_HOME nor HOME names an absolute path; \
         set RUMPKERNEL_CACHE_DIR"
    )]
    NoCacheDir,
}

/// How a source differs from its pin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The source that was given.
    pub origin: String,
    /// The snapshot's name.
    pub snapshot: String,
    /// The pinned digest.
    pub expected: Digest,
    /// The digest of what was found.
    pub found: Digest,
    /// How many files are pinned.
    pub expected_files: usize,
    /// How many files of the subset were found.
    pub found_files: usize,
    /// The snapshot that it is instead, if it is one.
    pub other: Option<String>,
    /// The files that differ, if a manifest of the pin was at hand to tell.
    pub differences: Option<Vec<(String, Difference)>>,
}

/// How many differing files a message names.
const NAMED: usize = 8;

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "{} is not the pinned NetBSD snapshot {}; nothing of it is used.",
            self.origin, self.snapshot
        )?;
        writeln!(
            f,
            "  expected digest {} ({} files)",
            self.expected, self.expected_files
        )?;
        writeln!(
            f,
            "  found digest    {} ({} files)",
            self.found, self.found_files
        )?;
        if let Some(other) = &self.other {
            return write!(
                f,
                "It is snapshot {other}: ask for that one with RUMPKERNEL_SNAPSHOT={other}, or \
                 `cargo rumpkernel fetch --snapshot {other}`"
            );
        }
        match &self.differences {
            Some(all) => {
                for (path, difference) in all.iter().take(NAMED) {
                    let word = match difference {
                        Difference::Missing => "missing",
                        Difference::Changed => "changed",
                        Difference::Added => "not pinned",
                    };
                    writeln!(f, "  {word}: {path}")?;
                }
                if all.len() > NAMED {
                    writeln!(f, "  and {} more", all.len() - NAMED)?;
                }
            }
            None => writeln!(
                f,
                "  which files differ can be told once the snapshot itself is in the cache \
                 (`cargo rumpkernel fetch --snapshot {}`)",
                self.snapshot
            )?,
        }
        write!(
            f,
            "Use the snapshot's own files, choose another with RUMPKERNEL_SNAPSHOT, or set \
             RUMPKERNEL_UNPINNED=1 to build from a tree that nobody has verified"
        )
    }
}
