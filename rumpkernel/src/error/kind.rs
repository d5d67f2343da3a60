//! Everything that can go wrong, and what it is to the layers below.

use std::io;
use std::sync::Arc;

use rumpuser_posix::{Backtrace, Death, DeathKind, DiskError, DiskFailure, LoadError, SetupError};

use crate::Errno;

/// The reason why an operation failed.
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
        /// The message of panic(9).
        message: String,
        /// Where in its code it was.
        backtrace: Arc<Backtrace>,
    },

    /// The kernel's code failed, now or earlier: it used memory that is not there, ran out of
    /// stack, divided by zero. It is dead as after a panic. What it damaged before is not known;
    /// see [containment](crate#containment).
    #[error("the kernel crashed: {message}")]
    Crashed {
        /// The signal and the place, such as `SIGSEGV at address 0x10 in ffs_mountfs+0x1a4`.
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
        /// The stack that the thread has left, in bytes.
        left: usize,
        /// The stack that a kernel needs to boot, in bytes.
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

    /// A device belongs to another kernel than the one that was to use it.
    #[error("the device belongs to another kernel: only its own can mount it, or stack on it")]
    OtherKernel,

    /// A device cannot be configured in the way that was asked for.
    #[error("the device cannot be configured so: {reason}")]
    BadConfiguration {
        /// What is wrong, and what would be right.
        reason: String,
    },

    /// The key is wrong: what an encrypted disk holds makes no sense when it is decrypted with it.
    #[error(
        "the key is wrong, or the disk is empty: decrypted, it holds no {expected}, as verify_method asks"
    )]
    WrongKey {
        /// What was looked for.
        expected: &'static str,
    },

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
        /// The text that was given.
        given: String,
    },

    /// No USB port of the kernel is free.
    #[error(
        "no USB port is free: Builder::usb_ports() gives a kernel up to four, and one is free again \
         seconds after its device was unplugged"
    )]
    NoUsbPort,

    /// The [detected](crate::detect) format cannot be mounted, or not by what this program was built
    /// with.
    #[error("{reason}")]
    NotMountable {
        /// What it is, and why.
        reason: String,
    },

    /// A path holds a NUL byte, which no path of a Unix kernel can.
    #[error("the path holds a NUL byte")]
    NulInPath,

    /// The call was made from inside the kernel's own code, such as a console sink.
    #[error("a callback of the kernel cannot call into the same kernel")]
    InsideKernel,
}

impl ErrorKind {
    /// The nearest of the standard library's kinds.
    pub(super) fn io_kind(&self) -> io::ErrorKind {
        match self {
            Self::Errno(errno) => errno.io_kind(),
            Self::ImageInUse => io::ErrorKind::ResourceBusy,
            Self::Host(host) => host.kind(),
            Self::Disk(failure) => failure.error().kind(),
            Self::NulInPath | Self::BadParameter { .. } | Self::BadPrefix { .. } => {
                io::ErrorKind::InvalidInput
            }
            Self::BadConfiguration { .. } | Self::OtherKernel => io::ErrorKind::InvalidInput,
            Self::WrongKey { .. } => io::ErrorKind::PermissionDenied,
            Self::NoUsbPort => io::ErrorKind::ResourceBusy,
            Self::InsideKernel => io::ErrorKind::Deadlock,
            Self::AlreadyBooted => io::ErrorKind::AlreadyExists,
            Self::Load(LoadError::Host { source, .. }) => source.kind(),
            Self::SmallStack { .. } => io::ErrorKind::OutOfMemory,
            Self::Load(_) | Self::Incomplete { .. } | Self::NotMountable { .. } => {
                io::ErrorKind::Unsupported
            }
            Self::Panicked { .. }
            | Self::Crashed { .. }
            | Self::Killed { .. }
            | Self::Forked
            | Self::ShutDown => io::ErrorKind::Other,
        }
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
