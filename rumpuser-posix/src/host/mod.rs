//! What POSIX leaves open, or does not have, and each host does in its own way.
//!
//! A host is a file here, with these functions; what is Linux's alone is in `linux.rs`, and in
//! `device/shmif/inotify.rs`. A host that lacks one answers as the function's comment says,
//! and kernels work without.
//!
//! | function | what it does | without |
//! |---|---|---|
//! | `name_thread` | names the calling thread for debuggers, as far as the host takes the name | nothing |
//! | `stack` | where the calling thread's stack lies | `None`: an overflow in a hypercall ends the process |
//! | `spare_signals` | signals that programs may use and seldom do, for threads of dead kernels | none: SIGSEGV does, unless the program has put a handler in front |
//! | `file_in_memory` | a file that lies in no folder, whose content can be mapped as code | an error: a temporary file does |
//! | `seal` | keeps everybody from changing such a file | an error |
//! | `file_that_holds` | the file that is mapped at an address | the program |
//! | `pread_now` | reads what the host has in memory, as pread(2) does, and else waits for nothing: EAGAIN | ENOTSUP |
//! | `populate` | asks for the pages of a mapping before they are touched | nothing |
//! | `register_barrier`, `barrier_in_all_threads` | make all threads of the process pass a memory barrier | refused: each thread has its own |
//! | `fdatasync`, `pread`, `preadv`, `pwrite`, `pwritev` | as in POSIX, with 64-bit offsets | |

pub(crate) mod accident;
pub(crate) mod barrier;
pub(crate) mod fork;
pub(crate) mod landing;
pub(crate) mod objects;
pub(crate) mod room;
pub(crate) mod thread;
pub(crate) mod write_signals;

#[cfg(any(
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "netbsd",
    target_os = "openbsd"
))]
#[path = "bsd.rs"]
mod system;
#[cfg(any(target_os = "linux", target_os = "android"))]
#[path = "linux.rs"]
mod system;
#[cfg(not(any(
    target_os = "linux",
    target_os = "android",
    target_os = "freebsd",
    target_os = "dragonfly",
    target_os = "netbsd",
    target_os = "openbsd"
)))]
#[path = "other.rs"]
mod system;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod without;

pub(crate) use system::*;

/// The host's page size in bytes.
pub(crate) fn page_size() -> usize {
    // SAFETY: no conditions.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(4096)
}
