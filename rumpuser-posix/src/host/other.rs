//! Any other POSIX host.

use std::ffi::CStr;
#[cfg(feature = "instances")]
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::PathBuf;

pub(crate) use libc::{fsync as fdatasync, pread, preadv, pwrite, pwritev};

pub(crate) fn name_thread(_: &CStr) {}

pub(crate) fn stack() -> Option<Range<usize>> {
    None
}

#[cfg(feature = "instances")]
pub(crate) fn file_in_memory() -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(feature = "instances")]
pub(crate) fn seal(_: &File) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(crate) fn file_that_holds(_address: usize) -> io::Result<PathBuf> {
    std::env::current_exe()
}
