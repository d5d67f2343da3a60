//! `rumpuser_getparam`: boot parameters.
//!
//! The kernel asks by name for a string and gives a buffer for it. The answer comes from the
//! instance's [`Parameters`], then from the environment. Two names are always answered, with a
//! default: the number of CPUs and the host name. Other names that begin with an underscore are
//! reserved and give EINVAL; what is not set gives ENOENT, what does not fit ERANGE.

use std::ffi::{CStr, c_char, c_int};
use std::ptr;
use std::thread::available_parallelism;

use crate::access;
use crate::errno::from_host;
use crate::instance::{Instance, Parameters, caller};
use crate::reserve;

const DEFAULT_CPUS: usize = 2;

impl Instance {
    /// The value of a parameter as the kernel gets it, or the host's errno.
    pub(crate) fn parameter(&self, name: &str) -> Result<String, c_int> {
        if let Some(value) = self.parameters.get(name) {
            return Ok(value.to_owned());
        }
        match name {
            Parameters::CPUS => Ok(match self.parameter("RUMP_NCPU").ok().as_deref() {
                // One thread at a time has no use for a second.
                None if self.parked.turns().is_some() => "1".to_owned(),
                None => DEFAULT_CPUS.to_string(),
                Some("host") => available_parallelism()
                    .map_or(DEFAULT_CPUS, usize::from)
                    .to_string(),
                Some(count) => count.to_owned(),
            }),
            Parameters::HOST_NAME => Ok(default_host_name()),
            _ if name.starts_with('_') => Err(libc::EINVAL),
            _ => environment(name).ok_or(libc::ENOENT),
        }
    }
}

fn environment(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

fn default_host_name() -> String {
    let process = std::process::id();
    let mut name = [0_u8; 256];
    // SAFETY: the buffer is as long as said, less one for a NUL that some hosts leave out.
    let status = unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len() - 1) };
    match CStr::from_bytes_until_nul(&name) {
        Ok(name) if status == 0 && !name.is_empty() => {
            format!("rump-{process:05}.{}", name.to_string_lossy())
        }
        _ => format!("rump-{process:05}"),
    }
}

/// Puts the parameter `name` and a NUL into `buffer`.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_getparam(
    name: *const c_char,
    buffer: *mut c_char,
    length: usize,
) -> c_int {
    let instance = &*caller();
    // SAFETY: the kernel passes a string.
    let name = unsafe { access::string(name) };
    access::writable(buffer.cast(), length);
    let answer = || instance.parameter(&name.to_string_lossy());
    match reserve::with(reserve::FOR_PARAMETER, answer).unwrap_or(Err(libc::ENOMEM)) {
        Ok(value) if value.len() < length => {
            // SAFETY: the kernel's buffer has that length; value and NUL fit.
            unsafe {
                ptr::copy_nonoverlapping(value.as_ptr().cast(), buffer, value.len());
                buffer.add(value.len()).write(0);
            }
            0
        }
        Ok(_) => from_host(libc::ERANGE),
        Err(error) => from_host(error),
    }
}
