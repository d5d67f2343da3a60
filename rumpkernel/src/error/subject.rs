//! The path, address or name that an operation was about, as an error tells it.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The path, address or name that an operation was about.
pub(crate) enum Subject {
    Nothing,
    Path(PathBuf),
    /// Two paths and the word between them.
    Paths(PathBuf, &'static str, PathBuf),
    Address(SocketAddr),
    /// The name of an interface or of a variable.
    #[cfg(any(feature = "shmif", feature = "virtif"))]
    Name(String),
}

/// With a space in front, unless there is nothing to tell.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::Path(path) => write!(f, " {}", path.display()),
            Self::Paths(one, word, other) => {
                write!(f, " {} {word} {}", one.display(), other.display())
            }
            Self::Address(address) => write!(f, " {address}"),
            #[cfg(any(feature = "shmif", feature = "virtif"))]
            Self::Name(name) => write!(f, " {name}"),
        }
    }
}

impl From<&Path> for Subject {
    fn from(path: &Path) -> Self {
        Self::Path(path.to_owned())
    }
}

impl From<(&Path, &'static str, &Path)> for Subject {
    fn from((one, word, other): (&Path, &'static str, &Path)) -> Self {
        Self::Paths(one.to_owned(), word, other.to_owned())
    }
}

impl From<SocketAddr> for Subject {
    fn from(address: SocketAddr) -> Self {
        Self::Address(address)
    }
}

#[cfg(any(feature = "shmif", feature = "virtif"))]
impl From<&str> for Subject {
    fn from(name: &str) -> Self {
        Self::Name(name.to_owned())
    }
}
