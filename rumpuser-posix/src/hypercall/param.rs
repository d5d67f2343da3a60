//! `rumpuser_getparam`: boot parameters.
//!
//! The kernel asks by name for a string and gives a buffer for it. The answer comes from the
//! instance's [`Parameters`], then from the environment. Two names are always answered, with a
//! default: the number of CPUs and the host name. Other names that begin with an underscore are
//! reserved and give EINVAL; what is not set gives ENOENT, what does not fit ERANGE.

use std::ffi::c_int;

use crate::errno::from_host;
use crate::host::room;
use crate::instance::{Buffer, Text, caller};
use crate::state::fault::Fault;

/// What the answer takes, in bytes; more than any is long.
const FOR_ANSWER: usize = 16 << 10;

/// Puts the parameter `name` and a NUL into `buffer`.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_getparam(name: Text, mut buffer: Buffer, length: usize) -> c_int {
    let instance = &*caller();
    let (name, buffer) = (name.get(), buffer.writable(length));
    if instance.faults().strikes(Fault::Parameter) {
        return from_host(libc::ENOENT);
    }
    let answer = || instance.parameter(&name.to_string_lossy());
    match room::with(FOR_ANSWER, answer).unwrap_or(Err(libc::ENOMEM)) {
        Ok(value) if value.len() < length => {
            for (place, byte) in buffer.iter_mut().zip(value.bytes().chain([0])) {
                place.write(byte);
            }
            0
        }
        Ok(_) => from_host(libc::ERANGE),
        Err(error) => from_host(error),
    }
}
