//! How a kernel ended, as the calls that were in progress report it.

use std::fmt;
use std::sync::Arc;

use crate::Backtrace;

/// Why a kernel (or the calling thread in it) is no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeathKind {
    /// The kernel panicked, or the hypercalls could not go on.
    Panic,
    /// The kernel was shut down; the number is its exit code, 0 for an orderly reboot(2).
    Halt(i32),
    /// The kernel lives, but ended the thread that was calling.
    ThreadExit,
    /// The kernel's code raised a signal that stands for a fault, such as SIGSEGV.
    Fault,
    /// The program ended it, with [`Instance::kill`](crate::Instance::kill).
    Killed,
    /// The kernel is the parent process's; this process was forked.
    Forked,
}

/// The end of a kernel: what [`Instance::enter`](crate::Instance::enter) returns instead of the
/// call's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Death {
    /// What happened.
    pub kind: DeathKind,
    /// What the kernel said: of a panic the console text from `panic:` on, without the last
    /// newline. Of a fault what happened and where, such as `SIGSEGV at address 0x10 in
    /// ffs_mountfs+0x1a4`.
    pub message: Arc<str>,
    /// Where in its code the kernel was, of a panic or a fault.
    pub backtrace: Arc<Backtrace>,
}

impl Death {
    fn new(kind: DeathKind, message: &str) -> Self {
        Self {
            kind,
            message: message.into(),
            backtrace: Arc::default(),
        }
    }

    pub(crate) fn panic(message: &str) -> Self {
        Self::new(DeathKind::Panic, message)
    }

    pub(crate) fn halt(code: i32) -> Self {
        Self::new(
            DeathKind::Halt(code),
            &format!("the kernel halted with exit code {code}"),
        )
    }

    pub(crate) fn thread_exit(reason: &str) -> Self {
        Self::new(DeathKind::ThreadExit, reason)
    }

    pub(crate) fn killed(reason: &str) -> Self {
        Self::new(DeathKind::Killed, reason)
    }

    pub(crate) fn forked() -> Self {
        Self::new(
            DeathKind::Forked,
            "the kernel belongs to the process that forked this one",
        )
    }
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Death {}
