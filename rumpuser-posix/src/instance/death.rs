//! How a kernel ended, as the calls that were in progress report it.

use std::fmt;
use std::sync::Arc;

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
}

/// The end of a kernel: what [`Instance::enter`](crate::Instance::enter) returns instead of the
/// call's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Death {
    /// What happened.
    pub kind: DeathKind,
    /// What the kernel said: of a panic the console text from `panic:` on, without the last newline.
    pub message: Arc<str>,
}

impl Death {
    pub(crate) fn panic(message: &str) -> Self {
        Self {
            kind: DeathKind::Panic,
            message: message.into(),
        }
    }

    pub(crate) fn halt(code: i32) -> Self {
        Self {
            kind: DeathKind::Halt(code),
            message: format!("the kernel halted with exit code {code}").into(),
        }
    }

    pub(crate) fn thread_exit() -> Self {
        Self {
            kind: DeathKind::ThreadExit,
            message: "the kernel ended the calling thread".into(),
        }
    }
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Death {}
