//! The error of this crate: what was being done, to what, and what went wrong.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::Path;

use rumpuser_posix::{Backtrace, Frame, errno};

use crate::Errno;

mod kind;
mod subject;

pub use kind::ErrorKind;
pub(crate) use subject::Subject;

/// A failed operation on a kernel or on something in it.
///
/// Converts into [`std::io::Error`] with the matching [`std::io::ErrorKind`] and with itself as
/// the source, so that `?` works in functions that return `std::io::Result`.
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
    hint: Option<Cow<'static, str>>,
}

impl Error {
    /// Returns what went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// Returns NetBSD's error number, when the kernel refused the operation, or for what the host
    /// refused to a disk.
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

    /// Returns what was being done, by the name of the system call or of the method.
    pub fn operation(&self) -> &str {
        self.0.operation
    }

    /// Returns the path that the operation was about; of two, such as those of a rename, the
    /// first.
    pub fn path(&self) -> Option<&Path> {
        match &self.0.subject {
            Subject::Path(path) | Subject::Paths(path, ..) => Some(path),
            _ => None,
        }
    }

    /// Returns the address that the operation was about.
    pub fn address(&self) -> Option<SocketAddr> {
        match self.0.subject {
            Subject::Address(address) => Some(address),
            _ => None,
        }
    }

    /// Returns where in its code the kernel was when it panicked or crashed, if that is what went
    /// wrong. Empty when the kernel did not get to tell. Shown by `{:#}` and `{:?}`, too, one line
    /// for each frame.
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
    pub(crate) fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.0.hint = Some(hint.into());
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
        write!(f, "{operation}{subject}: {kind}")?;
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
        io::Error::new(error.kind().io_kind(), error)
    }
}

impl ErrorKind {
    /// The error of an operation that has no path or address.
    pub(crate) fn during(self, operation: &'static str) -> Error {
        self.about(operation, Subject::Nothing)
    }

    /// The error of an operation on a path.
    #[cfg(feature = "vfs")]
    pub(crate) fn during_path(self, operation: &'static str, path: &Path) -> Error {
        self.about(operation, Subject::from(path))
    }

    pub(crate) fn about(self, operation: &'static str, subject: Subject) -> Error {
        Error(Box::new(Detail {
            operation,
            subject,
            kind: self,
            hint: None,
        }))
    }
}

/// Says what failed; the subject is copied only when something did.
pub(crate) trait During<T> {
    fn during(self, operation: &'static str) -> Result<T, Error>;
    fn during_at(self, operation: &'static str, subject: impl Into<Subject>) -> Result<T, Error>;
}

impl<T> During<T> for Result<T, ErrorKind> {
    fn during(self, operation: &'static str) -> Result<T, Error> {
        self.map_err(|kind| kind.during(operation))
    }

    fn during_at(self, operation: &'static str, subject: impl Into<Subject>) -> Result<T, Error> {
        self.map_err(|kind| kind.about(operation, subject.into()))
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
