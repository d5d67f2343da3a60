//! Any other POSIX host.

use std::ffi::CStr;
use std::ops::Range;

pub(crate) use libc::{fsync as fdatasync, pread, preadv, pwrite, pwritev};

#[cfg(feature = "instances")]
pub(crate) use super::without::{file_in_memory, seal};
pub(crate) use super::without::{file_that_holds, spare_signals};

pub(crate) fn name_thread(_: &CStr) {}

pub(crate) fn stack() -> Option<Range<usize>> {
    None
}
