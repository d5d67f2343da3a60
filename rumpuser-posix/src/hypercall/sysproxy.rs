//! `rumpuser_sp_*`: serving the kernel's system calls to other processes.
//!
//! There is no server here: starting one fails with EOPNOTSUPP and says so on the console. So the
//! kernel has no clients, and never makes the other calls; made all the same, they fail.

use std::ffi::{c_char, c_int, c_void};

use crate::errno::from_host;
use crate::instance::caller;

fn no_client() -> c_int {
    caller();
    from_host(libc::EOPNOTSUPP)
}

/// Starts a server at `url`.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_sp_init(
    _url: *const c_char,
    _system: *const c_char,
    _release: *const c_char,
    _machine: *const c_char,
) -> c_int {
    caller()
        .console
        .debug(b"rumpuser: these hypercalls have no system call server\n");
    from_host(libc::EOPNOTSUPP)
}

/// Copies from a client's memory.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_sp_copyin(
    _client: *mut c_void,
    _from: *const c_void,
    _to: *mut c_void,
    _length: usize,
) -> c_int {
    no_client()
}

/// Copies a string from a client's memory.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_sp_copyinstr(
    _client: *mut c_void,
    _from: *const c_void,
    _to: *mut c_void,
    _length: *mut usize,
) -> c_int {
    no_client()
}

/// Copies to a client's memory.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_sp_copyout(
    _client: *mut c_void,
    _from: *const c_void,
    _to: *mut c_void,
    _length: usize,
) -> c_int {
    no_client()
}

/// Copies a string to a client's memory.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_sp_copyoutstr(
    _client: *mut c_void,
    _from: *const c_void,
    _to: *mut c_void,
    _length: *mut usize,
) -> c_int {
    no_client()
}

/// Maps memory in a client.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_sp_anonmmap(
    _client: *mut c_void,
    _length: usize,
    _address: *mut *mut c_void,
) -> c_int {
    no_client()
}

/// Raises a signal in a client.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_sp_raise(_client: *mut c_void, _signal: c_int) -> c_int {
    no_client()
}

/// Ends the server, or the connection of one client.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_sp_fini(_client: *mut c_void) {
    caller();
}
