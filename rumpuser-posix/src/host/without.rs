//! The answers of hosts that have no files in memory, no signals to spare, no barriers for other
//! threads, and do not tell what is mapped where.

use std::ffi::{c_int, c_void};
#[cfg(feature = "instances")]
use std::fs::File;
use std::io;
use std::os::fd::RawFd;
use std::path::PathBuf;

#[cfg(feature = "instances")]
pub(crate) fn file_in_memory() -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(feature = "instances")]
pub(crate) fn seal(_: &File) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(crate) fn spare_signals() -> impl Iterator<Item = c_int> {
    std::iter::empty()
}

pub(crate) fn file_that_holds(_address: usize) -> io::Result<PathBuf> {
    std::env::current_exe()
}

pub(crate) fn register_barrier() -> bool {
    false
}

pub(crate) fn barrier_in_all_threads() {}

/// # Safety
///
/// Nothing is asked of callers.
pub(crate) unsafe fn pread_now(_: RawFd, _: *mut c_void, _: usize, _: i64) -> isize {
    ::errno::set_errno(::errno::Errno(libc::ENOTSUP));
    -1
}

pub(crate) fn populate(_start: usize, _length: usize) {}
