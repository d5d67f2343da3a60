//! Memory for what the hypercalls allocate themselves.
//!
//! Rust ends the process when there is none for an allocation. What grows with the kernel's demand
//! asks first, with `try_reserve`, and says that there is none. The rest is small and bounded: a
//! thread's handle and name, an instance, what a death is told with. For these the host is asked
//! beforehand whether it has as much, and what is mapped, stacks and the kernel's memory, leaves
//! [room](ROOM) for them; for a death each kernel holds some in reserve.

use std::ptr;

use crate::instance::{Death, DeathKind};

/// What starting a thread, or a thread's first entry, allocates at most, in bytes.
pub(crate) const FOR_THREAD: usize = 4 << 10;
/// What the answer to a kernel that asks for a parameter takes, in bytes; more than any is long.
pub(crate) const FOR_PARAMETER: usize = 16 << 10;
/// What setting up an instance allocates at most, in bytes, its reserve included.
pub(crate) const FOR_INSTANCE: usize = 96 << 10;
/// What the message and the backtrace of a death need at most, in bytes.
const FOR_DEATH: usize = 32 << 10;

/// The address space that mappings leave to small allocations, in bytes: those of the threads that
/// begin at the same time, in whatever portions the C library asks the host for.
pub(crate) const ROOM: usize = 4 << 20;

/// Returns whether the host has so much memory for us at the moment.
pub(crate) fn has(bytes: usize) -> bool {
    Vec::<u8>::new().try_reserve_exact(bytes).is_ok()
}

/// Runs `allocate` if the host has so much memory for it.
pub(crate) fn with<R>(bytes: usize, allocate: impl FnOnce() -> R) -> Option<R> {
    has(bytes).then(allocate)
}

/// Returns whether so many bytes can be mapped and leave [`ROOM`].
pub(crate) fn has_room_beside(bytes: usize) -> bool {
    let (flags, length) = (libc::MAP_PRIVATE | libc::MAP_ANON, bytes + ROOM);
    // SAFETY: a new mapping, unmapped before anybody knows of it.
    unsafe {
        let room = libc::mmap(ptr::null_mut(), length, libc::PROT_NONE, flags, -1, 0);
        room != libc::MAP_FAILED && libc::munmap(room, length) == 0
    }
}

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
    /// Without memory there is no reserve; see [`has`].
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
        with(FOR_DEATH, tell).unwrap_or_else(|| Death {
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
