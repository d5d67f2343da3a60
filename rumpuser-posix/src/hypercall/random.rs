//! `rumpuser_getrandom`: random numbers.
//!
//! Fills the whole buffer; the kernel would accept less. The host's generator is seeded long before
//! anybody boots a kernel, so that the flags (hard randomness, no waiting) make no difference.

use std::ffi::c_int;

use crate::errno::from_host;
use crate::instance::{Buffer, Out, caller};
use crate::state::fault::Fault;

/// Fills `buffer` and stores its length in `*filled`.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_getrandom(
    mut buffer: Buffer,
    length: usize,
    _flags: c_int,
    filled: Out<usize>,
) -> c_int {
    let instance = &*caller();
    let buffer = buffer.writable(length);
    let filled_it = match instance.faults().strikes(Fault::Random) {
        true => Err(libc::EIO),
        false => instance.random.fill(buffer),
    };
    match filled_it {
        Ok(()) => {
            filled.set(length);
            0
        }
        Err(error) => from_host(error),
    }
}
