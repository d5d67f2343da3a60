//! Any other POSIX host.

use std::ffi::CStr;
use std::ops::Range;

pub(crate) use libc::{fsync as fdatasync, pread, preadv, pwrite, pwritev};

pub(crate) use super::without::{
    barrier_in_all_threads, file_that_holds, populate, pread_now, register_barrier, spare_signals,
};
#[cfg(feature = "instances")]
pub(crate) use super::without::{file_in_memory, seal};

pub(crate) fn name_thread(_: &CStr) {}

pub(crate) fn stack() -> Option<Range<usize>> {
    None
}
