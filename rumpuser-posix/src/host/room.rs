//! Memory for what the hypercalls allocate themselves.
//!
//! Rust ends the process when there is none for an allocation. What grows with the kernel's demand
//! asks first, with `try_reserve`, and says that there is none. The rest is small and bounded: a
//! thread's handle and name, an instance, what a death is told with. For these the host is asked
//! beforehand whether it has as much, and what is mapped, stacks and the kernel's memory, leaves
//! [room](ROOM) for them; for its death each kernel holds some in reserve.

use std::ptr;

/// What starting a thread, or a thread's first entry, allocates at most, in bytes.
pub(crate) const FOR_THREAD: usize = 4 << 10;

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
