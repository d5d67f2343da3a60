//! What can be wrong with a list of system calls.

use std::io;
use std::path::{Path, PathBuf};

/// Why there are no tables.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file that cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A line that is not understood.
    #[error("{}:{line}: {fault}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        fault: Fault,
    },
}

impl Error {
    /// Adds the file to what is wrong in one of its lines.
    pub(super) fn at(path: &Path) -> impl FnOnce((usize, Fault)) -> Self {
        let path = path.to_owned();
        move |(line, fault)| Self::Line { path, line, fault }
    }
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A line of a configuration that assigns nothing.
    #[error("expected an assignment such as nsysent=512, found `{0}`")]
    NoAssignment(String),
    /// A choice that the lists of rump kernels do not make.
    #[error("`{0}` is not known here")]
    UnknownChoice(String),
    /// A configuration without a necessary choice.
    #[error("expected an assignment of {0} up to the end")]
    Missing(&'static str),
    /// A choice that is no number.
    #[error("expected a number, found `{0}`")]
    NoNumber(String),
    /// A kind of call that is not known.
    #[error("`{0}` is not a kind of system call that is known here")]
    UnknownKind(String),
    /// A call that is not declared as expected.
    #[error("expected {expected}, found `{found}`")]
    Unexpected {
        /// What belongs there.
        expected: &'static str,
        /// What is there.
        found: String,
    },
    /// A number that does not follow the one before.
    #[error("expected system call number {expected}, found `{found}`")]
    OutOfOrder {
        /// The number that follows.
        expected: u32,
        /// What is there.
        found: String,
    },
    /// An `#else` or `#endif` without its `#if`.
    #[error("`{0}` without #if")]
    Unbalanced(String),
    /// More calls than the table holds.
    #[error("{calls} system calls, and room for {room}")]
    TooMany {
        /// How many there are.
        calls: u32,
        /// `nsysent`.
        room: u32,
    },
}
