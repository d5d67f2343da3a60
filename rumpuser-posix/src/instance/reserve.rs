//! Memory that a kernel keeps for what its death allocates.

use super::{Death, DeathKind};
use crate::host::room;

/// What the message and the backtrace of a death need at most, in bytes.
const FOR_DEATH: usize = 32 << 10;

/// The memory that a kernel holds in reserve for its death. Another thread may get it first: then
/// the kernel dies a death that was made beforehand.
#[derive(Debug)]
pub(crate) struct Reserve {
    memory: parking_lot::Mutex<Vec<u8>>,
    untold: Death,
    no_thread: Death,
    no_entry: Death,
}

impl Reserve {
    /// Without memory there is no reserve; see [`has`](crate::host::room::has).
    pub(crate) fn new() -> Self {
        let mut memory = Vec::new();
        let _none = memory.try_reserve_exact(FOR_DEATH);
        Self {
            memory: parking_lot::Mutex::new(memory),
            untold: Death::panic("the host has no memory for what the kernel died of"),
            no_thread: Death::killed("the host has no memory for a thread of the kernel's"),
            no_entry: Death::thread_exit(
                "the host has no memory for the calling thread's first call into a kernel",
            ),
        }
    }

    /// Makes a death of this kind, with the reserve for what that allocates.
    pub(crate) fn death(&self, kind: DeathKind, tell: impl FnOnce() -> Death) -> Death {
        *self.memory.lock() = Vec::new();
        room::with(FOR_DEATH, tell).unwrap_or_else(|| Death {
            kind,
            ..self.untold.clone()
        })
    }

    /// The death of a kernel whose thread could not begin.
    pub(crate) fn no_thread(&self) -> Death {
        self.no_thread.clone()
    }

    /// The answer to a thread that could not enter the kernel, which lives.
    pub(crate) fn no_entry(&self) -> Death {
        self.no_entry.clone()
    }
}
