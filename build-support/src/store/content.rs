//! What tells a library's bytes from changed ones.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A library's length and CRC-32.
///
/// The checksum is there for disks that fail and for tools that write to a linked file: it sees
/// every change of up to 32 bits in a row, and misses one in four thousand million others. It keeps
/// nobody out who means harm: they could write another list, too. A cryptographic digest takes
/// twelve times as long in a build script, which Cargo compiles without optimisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) length: u64,
    checksum: u32,
}

/// A library in the store whose bytes are no longer those that were put there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} has other bytes than when it was built", library.display())]
pub struct Damaged {
    /// The library's file.
    pub library: PathBuf,
}

impl Content {
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self {
            length: bytes.len() as u64,
            checksum: crc32fast::hash(bytes),
        }
    }

    /// Reads a length and a checksum, as they are written.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (length, checksum) = text.split_once(' ')?;
        Some(Self {
            length: length.parse().ok()?,
            checksum: u32::from_str_radix(checksum, 16).ok()?,
        })
    }

    /// Reads the library at `path`, and compares.
    ///
    /// # Errors
    ///
    /// If it is not there, or cannot be read.
    pub(super) fn check(self, path: &Path) -> io::Result<Result<(), Damaged>> {
        if fs::metadata(path)?.len() == self.length && Self::of(&fs::read(path)?) == self {
            return Ok(Ok(()));
        }
        let library = path.to_owned();
        Ok(Err(Damaged { library }))
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:08x}", self.length, self.checksum)
    }
}
