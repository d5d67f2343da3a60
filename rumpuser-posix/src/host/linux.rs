//! Linux, with any C library.

use std::ffi::{CStr, c_int, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::ops::Range;
use std::os::fd::RawFd;
use std::path::PathBuf;
use std::ptr;
#[cfg(feature = "instances")]
use std::{
    fs::File,
    os::fd::{AsRawFd, FromRawFd},
};

// On 32-bit machines there are calls of their own for large offsets.
pub(crate) use libc::{
    fdatasync, pread64 as pread, preadv64 as preadv, pwrite64 as pwrite, pwritev64 as pwritev,
};

/// `RWF_NOWAIT` of preadv2(2).
const NOWAIT: c_int = 0x08;

pub(crate) unsafe fn pread_now(
    file: RawFd,
    buffer: *mut c_void,
    length: usize,
    offset: i64,
) -> isize {
    let vector = libc::iovec {
        iov_base: buffer,
        iov_len: length,
    };
    // The lower word first; the kernel of a 64-bit machine looks at no other.
    let (low, high) = (offset as libc::c_ulong, (offset >> 32) as libc::c_ulong);
    // SAFETY: one buffer, by the caller's promise.
    let read = unsafe {
        let (vector, call) = (&raw const vector, libc::SYS_preadv2);
        libc::syscall(call, file, vector, 1 as libc::c_ulong, low, high, NOWAIT)
    };
    read as isize
}

pub(crate) fn name_thread(name: &CStr) {
    // SAFETY: a string, of which the host takes 15 bytes.
    unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) };
}

pub(crate) fn stack() -> Option<Range<usize>> {
    let mut attributes = MaybeUninit::uninit();
    let (mut start, mut size) = (ptr::null_mut(), 0);
    // SAFETY: the places are right; the attributes are there when the first call succeeds.
    let told = unsafe {
        libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) == 0 && {
            let told = libc::pthread_attr_getstack(attributes.as_ptr(), &mut start, &mut size) == 0;
            libc::pthread_attr_destroy(attributes.as_mut_ptr());
            told
        }
    };
    let end = start.addr() + size;
    told.then(|| lowest(start.addr(), end)..end)
}

/// Real-time signals, from the top: C libraries and others take theirs from below.
pub(crate) fn spare_signals() -> impl Iterator<Item = c_int> {
    (libc::SIGRTMIN()..libc::SIGRTMAX()).rev()
}

/// Where the calling thread's stack begins that was said to lie there. Of a process's first one,
/// musl tells only as much as is mapped so far; it grows until a limit.
fn lowest(start: usize, end: usize) -> usize {
    // SAFETY: no conditions.
    let is_first = || unsafe { libc::gettid() == libc::getpid() };
    if cfg!(not(target_env = "musl")) || !is_first() {
        return start;
    }
    let mut limit = MaybeUninit::uninit();
    // SAFETY: the place is right; the limit is there when the call succeeds.
    let most = unsafe {
        (libc::getrlimit(libc::RLIMIT_STACK, limit.as_mut_ptr()) == 0)
            .then(|| limit.assume_init().rlim_cur)
    };
    // Without a limit it has no end that is worth knowing.
    most.and_then(|most| end.checked_sub(usize::try_from(most).ok()?))
        .unwrap_or(end)
}

#[cfg(feature = "instances")]
pub(crate) fn file_in_memory() -> io::Result<File> {
    /// Where the host does not let such files be executed unless one asks for it; Linux before 6.3
    /// does not know it.
    const MFD_EXEC: libc::c_uint = 0x10;

    let create = |flags: libc::c_uint| {
        // By its number, which C libraries older than the system call do not wrap (glibc before
        // 2.27). SAFETY: the name is a string.
        match unsafe { libc::syscall(libc::SYS_memfd_create, c"rumpkernel".as_ptr(), flags) } {
            -1 => Err(io::Error::last_os_error()),
            // SAFETY: a new descriptor that nobody else knows; descriptors are ints.
            descriptor => Ok(unsafe { File::from_raw_fd(descriptor as c_int) }),
        }
    };
    let flags = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING;
    create(flags | MFD_EXEC).or_else(|_| create(flags))
}

#[cfg(feature = "instances")]
pub(crate) fn seal(file: &File) -> io::Result<()> {
    const SEALS: c_int =
        libc::F_SEAL_SEAL | libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_WRITE;

    // SAFETY: no conditions.
    match unsafe { libc::fcntl(file.as_raw_fd(), libc::F_ADD_SEALS, SEALS) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

pub(crate) fn file_that_holds(address: usize) -> io::Result<PathBuf> {
    let maps = std::fs::read_to_string("/proc/self/maps")?;
    let path = maps.lines().find_map(|line| {
        let (range, rest) = line.split_once(' ')?;
        let (start, end) = range.split_once('-')?;
        let holds = usize::from_str_radix(start, 16).ok()? <= address
            && address < usize::from_str_radix(end, 16).ok()?;
        holds.then(|| rest.find('/').map(|at| &rest[at..]))?
    });
    let path = path.ok_or(io::ErrorKind::NotFound)?;
    // Through the link a program is found that has been deleted or replaced since.
    let program = PathBuf::from("/proc/self/exe");
    let is_program = std::fs::read_link(&program).is_ok_and(|target| target.as_os_str() == path);
    Ok(if is_program { program } else { path.into() })
}

/// The commands of membarrier(2) that concern this process only.
const REGISTER_PRIVATE_EXPEDITED: c_int = 1 << 4;
const PRIVATE_EXPEDITED: c_int = 1 << 3;

fn membarrier(command: c_int) -> bool {
    // SAFETY: the call has no effect on memory but to order it.
    unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
}

pub(crate) fn register_barrier() -> bool {
    membarrier(REGISTER_PRIVATE_EXPEDITED)
}

pub(crate) fn barrier_in_all_threads() {
    if !membarrier(PRIVATE_EXPEDITED) {
        // Once registered it is refused only by a filter that the program has installed since. No
        // processor keeps a store back for that long.
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}

/// `MADV_POPULATE_WRITE`, from Linux 5.14 on.
const POPULATE_WRITE: c_int = 23;

pub(crate) fn populate(start: usize, length: usize) {
    // SAFETY: the call has no effect on what memory holds. An error means that the host has no
    // memory, or does not know the call: then pages come one by one, as they are touched.
    unsafe {
        libc::madvise(
            ptr::with_exposed_provenance_mut(start),
            length,
            POPULATE_WRITE,
        )
    };
}
