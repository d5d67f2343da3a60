//! `rumpuser_getrandom`: the host's random pool.
//!
//! Fills the whole buffer; the kernel would accept less. The host's generator is seeded long before
//! anybody boots a kernel, so that the flags (hard randomness, no waiting) make no difference.

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::slice;

use crate::errno::from_host;
use crate::instance::caller;

/// Where a kernel's random numbers come from: the host's pool.
#[derive(Debug, Default)]
pub struct Random(());

impl Random {
    /// Fills the whole buffer, or says why not with the host's errno.
    fn fill(&self, buffer: &mut [MaybeUninit<u8>]) -> Result<(), c_int> {
        match getrandom::fill_uninit(buffer) {
            Ok(_) => Ok(()),
            Err(error) => Err(error.raw_os_error().unwrap_or(libc::EIO)),
        }
    }
}

/// Fills `buffer` and stores its length in `*filled`.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_getrandom(
    buffer: *mut c_void,
    length: usize,
    _flags: c_int,
    filled: *mut usize,
) -> c_int {
    let instance = caller();
    // SAFETY: the kernel's buffer has that length.
    let buffer = unsafe { slice::from_raw_parts_mut(buffer.cast::<MaybeUninit<u8>>(), length) };
    match instance.random.fill(buffer) {
        Ok(()) => {
            // SAFETY: the kernel passes a place for the count.
            unsafe { filled.write(length) };
            0
        }
        Err(error) => from_host(error),
    }
}
