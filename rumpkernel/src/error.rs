//! The error of this crate: what was being done, to what, and what went wrong.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rumpuser_posix::{
    Backtrace, Death, DeathKind, DiskError, DiskFailure, Frame, LoadError, SetupError, errno,
};

use crate::Errno;

/// A failed operation on a kernel or on something in it.
///
/// Converts into [`std::io::Error`] with the matching [`std::io::ErrorKind`] and with itself as the
/// source, so that `?` works in functions that return `std::io::Result`.
///
/// `{}` says what was tried, on what, and what went wrong, without the
/// [source](std::error::Error::source), which is an error of the host's, if any. `{:#}` adds the
/// sources on the same line, and the frames of a kernel that panicked or crashed. `{:?}` says all
/// that in paragraphs, as is of use where `main` returns the error.
pub struct Error(Box<Detail>);

struct Detail {
    operation: &'static str,
    subject: Subject,
    kind: ErrorKind,
    hint: Option<&'static str>,
}

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The kernel refused the operation.
    #[error("{0}")]
    Errno(Errno),

    /// The kernel panicked, now or earlier. It is dead, and so is everything in it; what had not
    /// reached a disk image is lost.
    #[error("the kernel panicked: {message}")]
    Panicked {
        /// What the kernel said.
        message: String,
        /// Where in its code it was.
        backtrace: Arc<Backtrace>,
    },

    /// The kernel's code failed, now or earlier: it used memory that is not there, ran out of
    /// stack, divided by zero. It is dead as after a panic. What it damaged before is not known;
    /// see [containment](crate#containment).
    #[error("the kernel crashed: {message}")]
    Crashed {
        /// What happened and where, such as `SIGSEGV at address 0x10 in ffs_mountfs+0x1a4`.
        message: String,
        /// Where in its code it was.
        backtrace: Arc<Backtrace>,
    },

    /// The kernel was killed, with [`Kernel::kill`](crate::Kernel::kill).
    #[error("{message}")]
    Killed {
        /// By whom, if not by the program.
        message: String,
    },

    /// The kernel belongs to the process that this one was forked from; see
    /// [`Kernel`](crate::Kernel#forks).
    #[error("the kernel belongs to the process that forked this one: boot it after the fork")]
    Forked,

    /// The kernel was shut down before.
    #[error("the kernel was shut down")]
    ShutDown,

    /// The kernel linked into the program can be booted once, and was.
    #[error(
        "the kernel linked into this program was booted before, and can be booted only once: clone \
         the first Kernel instead, or turn on the feature `instances` to boot any number of kernels"
    )]
    AlreadyBooted,

    /// The kernel image could not be loaded into the process: the host has no memory, say.
    #[error("the kernel image cannot be loaded")]
    Load(#[source] LoadError),

    /// The kernel image lacks a function that this crate needs: it is of other sources.
    #[error("the kernel image has no {symbol}(): it was not built from this crate's features")]
    Incomplete {
        /// The function.
        symbol: String,
    },

    /// The calling thread has too little stack left to boot a kernel on it.
    #[error(
        "the calling thread has {left} bytes of stack left, and a kernel needs {needed} to boot: \
         boot it on a thread with a larger stack"
    )]
    SmallStack {
        /// What the thread has left, in bytes.
        left: usize,
        /// What a kernel needs to boot, in bytes.
        needed: usize,
    },

    /// A boot parameter has a value that cannot be handed to the kernel.
    #[error("bad boot parameter: {reason}")]
    BadParameter {
        /// Which one, and why.
        reason: String,
    },

    /// The disk image is open in this or another process: writers want it alone, readers share it.
    #[error("the image is in use: unmount it where it is mounted (read-only mounts can share it)")]
    ImageInUse,

    /// The host failed to write to a disk image, or to make durable what was written, at some time
    /// since this was last asked; see [durability](crate#durability). What the kernel had written
    /// is lost, in part or as a whole.
    #[error("{0}; what was written to this disk since the last sync may be lost")]
    Disk(DiskFailure),

    /// A system call of the host failed, such as open(2) on an image.
    #[error("a system call of the host failed")]
    Host(#[source] io::Error),

    /// An address with its prefix length was expected.
    #[error(
        "{given:?} is no address with a prefix length, such as \"10.0.0.1/24\" or \"fd00::1/64\""
    )]
    BadPrefix {
        /// What was given.
        given: String,
    },

    /// No USB port of the kernel is free.
    #[error(
        "no USB port is free: Builder::usb_ports() gives a kernel up to four, and one is free again \
         seconds after its device was unplugged"
    )]
    NoUsbPort,

    /// A path holds a NUL byte, which no path of a Unix kernel can.
    #[error("the path holds a NUL byte")]
    NulInPath,

    /// The call was made from inside the kernel's own code, such as a console sink.
    #[error("a callback of the kernel cannot call into the same kernel")]
    InsideKernel,
}

/// What an operation was about.
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

impl Error {
    /// What went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// NetBSD's error number, when the kernel refused the operation, or for what the host refused
    /// to a disk.
    pub fn errno(&self) -> Option<Errno> {
        match &self.0.kind {
            ErrorKind::Errno(errno) => Some(*errno),
            ErrorKind::Disk(failure) => {
                let host = failure.error().raw_os_error()?;
                Some(Errno::from_raw(errno::from_host(host)))
            }
            _ => None,
        }
    }

    /// What was being done, by the name of the system call or of the method.
    pub fn operation(&self) -> &str {
        self.0.operation
    }

    /// The path that the operation was about; of two, such as those of a rename, the first.
    pub fn path(&self) -> Option<&Path> {
        match &self.0.subject {
            Subject::Path(path) | Subject::Paths(path, ..) => Some(path),
            _ => None,
        }
    }

    /// The address that the operation was about.
    pub fn address(&self) -> Option<SocketAddr> {
        match self.0.subject {
            Subject::Address(address) => Some(address),
            _ => None,
        }
    }

    /// Where in its code the kernel was when it panicked or crashed, if that is what went wrong.
    /// Empty when the kernel did not get to tell. Shown by `{:#}` and `{:?}`, too, one line for
    /// each frame.
    pub fn backtrace(&self) -> Option<&Backtrace> {
        match &self.0.kind {
            ErrorKind::Panicked { backtrace, .. } | ErrorKind::Crashed { backtrace, .. } => {
                Some(backtrace)
            }
            _ => None,
        }
    }

    /// The errors behind this one, nearest first.
    fn sources(&self) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
        let first = std::error::Error::source(self);
        std::iter::successors(first, |error| error.source())
    }

    fn frames(&self) -> impl Iterator<Item = Frame> {
        self.backtrace().into_iter().flat_map(Backtrace::frames)
    }

    fn write_frames(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.frames()
            .try_for_each(|frame| write!(f, "\n    {frame}"))
    }

    /// Adds what the user can do about it.
    #[cfg(any(
        feature = "netinet",
        feature = "netinet6",
        feature = "sockin",
        feature = "vfs"
    ))]
    pub(crate) fn hint(mut self, hint: &'static str) -> Self {
        self.0.hint = Some(hint);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Detail {
            operation,
            subject,
            kind,
            hint,
        } = &*self.0;
        write!(f, "{operation}")?;
        match subject {
            Subject::Nothing => {}
            Subject::Path(path) => write!(f, " {}", path.display())?,
            Subject::Paths(one, word, other) => {
                write!(f, " {} {word} {}", one.display(), other.display())?;
            }
            Subject::Address(address) => write!(f, " {address}")?,
            #[cfg(any(feature = "shmif", feature = "virtif"))]
            Subject::Name(name) => write!(f, " {name}")?,
        }
        write!(f, ": {kind}")?;
        if let Some(hint) = hint {
            write!(f, "; {hint}")?;
        }
        if f.alternate() {
            for source in self.sources() {
                write!(f, ": {source}")?;
            }
            self.write_frames(f)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        for (number, source) in self.sources().enumerate() {
            let heading = if number == 0 { "\n\nCaused by:" } else { "" };
            write!(f, "{heading}\n    {source}")?;
        }
        if self.frames().next().is_some() {
            write!(f, "\n\nKernel backtrace:")?;
        }
        self.write_frames(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        std::error::Error::source(&self.0.kind)
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::Errno(errno) => errno.io_kind(),
            ErrorKind::ImageInUse => io::ErrorKind::ResourceBusy,
            ErrorKind::Host(host) => host.kind(),
            ErrorKind::Disk(failure) => failure.error().kind(),
            ErrorKind::NulInPath | ErrorKind::BadParameter { .. } | ErrorKind::BadPrefix { .. } => {
                io::ErrorKind::InvalidInput
            }
            ErrorKind::NoUsbPort => io::ErrorKind::ResourceBusy,
            ErrorKind::InsideKernel => io::ErrorKind::Deadlock,
            ErrorKind::AlreadyBooted => io::ErrorKind::AlreadyExists,
            ErrorKind::Load(LoadError::Host { source, .. }) => source.kind(),
            ErrorKind::SmallStack { .. } => io::ErrorKind::OutOfMemory,
            ErrorKind::Load(_) | ErrorKind::Incomplete { .. } => io::ErrorKind::Unsupported,
            ErrorKind::Panicked { .. }
            | ErrorKind::Crashed { .. }
            | ErrorKind::Killed { .. }
            | ErrorKind::Forked
            | ErrorKind::ShutDown => io::ErrorKind::Other,
        };
        io::Error::new(kind, error)
    }
}

impl ErrorKind {
    /// The error of an operation that has no path or address.
    pub(crate) fn during(self, operation: &'static str) -> Error {
        self.about(operation, Subject::Nothing)
    }

    fn about(self, operation: &'static str, subject: Subject) -> Error {
        Error(Box::new(Detail {
            operation,
            subject,
            kind: self,
            hint: None,
        }))
    }
}

impl From<Death> for ErrorKind {
    fn from(death: Death) -> Self {
        match death.kind {
            DeathKind::Halt(_) => Self::ShutDown,
            DeathKind::Forked => Self::Forked,
            DeathKind::Killed => Self::Killed {
                message: (*death.message).to_owned(),
            },
            DeathKind::Fault => Self::Crashed {
                message: (*death.message).to_owned(),
                backtrace: death.backtrace,
            },
            _ => Self::Panicked {
                message: death.message.trim_start_matches("panic: ").to_owned(),
                backtrace: death.backtrace,
            },
        }
    }
}

impl From<DiskError> for ErrorKind {
    fn from(error: DiskError) -> Self {
        match error {
            DiskError::InUse => Self::ImageInUse,
            DiskError::Open(host) => Self::Host(host),
            DiskError::NotADisk => Self::Errno(Errno::NOTBLK),
            other => Self::Host(io::Error::other(other)),
        }
    }
}

impl From<DiskFailure> for ErrorKind {
    fn from(failure: DiskFailure) -> Self {
        Self::Disk(failure)
    }
}

impl From<SetupError> for ErrorKind {
    fn from(error: SetupError) -> Self {
        match error {
            SetupError::LinkedInUse => Self::AlreadyBooted,
            SetupError::Load(error) => Self::Load(error),
            SetupError::Died(death) => death.into(),
            SetupError::Host(error) => Self::Host(error),
            other => Self::BadParameter {
                reason: other.to_string(),
            },
        }
    }
}

/// Says what failed; the subject is copied only when something did.
pub(crate) trait During<T> {
    fn during(self, operation: &'static str) -> Result<T, Error>;
    #[cfg(any(
        test,
        feature = "netinet",
        feature = "netinet6",
        feature = "sockin",
        feature = "vfs"
    ))]
    fn during_at(self, operation: &'static str, subject: impl Into<Subject>) -> Result<T, Error>;
}

impl<T> During<T> for Result<T, ErrorKind> {
    fn during(self, operation: &'static str) -> Result<T, Error> {
        self.map_err(|kind| kind.during(operation))
    }

    #[cfg(any(
        test,
        feature = "netinet",
        feature = "netinet6",
        feature = "sockin",
        feature = "vfs"
    ))]
    fn during_at(self, operation: &'static str, subject: impl Into<Subject>) -> Result<T, Error> {
        self.map_err(|kind| kind.about(operation, subject.into()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_tells_operation_subject_and_name() {
        let error = Err::<(), _>(ErrorKind::Errno(Errno::NOENT))
            .during_at("open", Path::new("/mnt/a"))
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "open /mnt/a: no such file or directory (ENOENT)"
        );
        assert_eq!(error.path(), Some(Path::new("/mnt/a")));
        assert_eq!(error.errno(), Some(Errno::NOENT));
    }

    #[test]
    fn std_keeps_the_kind_and_the_error() {
        let error: io::Error = ErrorKind::Errno(Errno::ROFS).during("write").into();
        assert_eq!(error.kind(), io::ErrorKind::ReadOnlyFilesystem);
        let inner = error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<Error>());
        assert_eq!(inner.and_then(Error::errno), Some(Errno::ROFS));
    }

    /// As a program shows an error that `main` returns, and as one that walks the sources does.
    #[test]
    fn a_source_is_told_once() {
        let host = io::Error::new(io::ErrorKind::NotFound, "no such file");
        let error = Err::<(), _>(ErrorKind::Host(host))
            .during_at("mount", Path::new("a.img"))
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "mount a.img: a system call of the host failed"
        );
        let source = std::error::Error::source(&error).unwrap();
        assert_eq!(source.to_string(), "no such file");
        assert_eq!(format!("{error:#}"), format!("{error}: {source}"));
        assert_eq!(
            format!("{error:?}"),
            format!("{error}\n\nCaused by:\n    {source}")
        );
    }

    #[test]
    fn errors_are_one_word_in_a_result() {
        assert_eq!(size_of::<Result<(), Error>>(), size_of::<usize>());
    }
}
