//! What there is not: host files, signals, a background, shared libraries. Each hypercall says so in the way that the
//! kernel understands.

use std::ffi::{c_char, c_int, c_void};
use std::ptr;

use rumpkernel_sys::{EBADF, ENOENT, ENXIO, EOPNOTSUPP};

use crate::upcalls::{schedule, unschedule};

/// No file has a name, so that no descriptor is ever given out.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_open(_path: *const c_char, _flags: c_int, _result: *mut c_int) -> c_int {
    ENOENT
}

#[unsafe(no_mangle)]
extern "C" fn rumpuser_getfileinfo(
    _path: *const c_char,
    _size: *mut u64,
    _kind: *mut c_int,
) -> c_int {
    ENOENT
}

#[unsafe(no_mangle)]
extern "C" fn rumpuser_close(_file: c_int) -> c_int {
    EBADF
}

#[unsafe(no_mangle)]
extern "C" fn rumpuser_iovread(
    _file: c_int,
    _buffers: *mut c_void,
    _count: usize,
    _offset: i64,
    _result: *mut usize,
) -> c_int {
    EBADF
}

#[unsafe(no_mangle)]
extern "C" fn rumpuser_iovwrite(
    _file: c_int,
    _buffers: *const c_void,
    _count: usize,
    _offset: i64,
    _result: *mut usize,
) -> c_int {
    EBADF
}

/// Block I/O has no return value: every transfer ends with a call of `done`, with a CPU and without the big lock.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_bio(
    _file: c_int,
    _operation: c_int,
    _data: *mut c_void,
    _size: usize,
    _offset: i64,
    done: unsafe extern "C" fn(*mut c_void, usize, c_int),
    argument: *mut c_void,
) {
    let locks = unschedule(ptr::null_mut());
    schedule(0, ptr::null_mut());
    // SAFETY: the kernel's function and its argument.
    unsafe { done(argument, 0, ENXIO) };
    unschedule(ptr::null_mut());
    schedule(locks, ptr::null_mut());
}

/// Nobody but the kernel could take a signal.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_kill(_process: i64, _signal: c_int) -> c_int {
    EOPNOTSUPP
}

#[unsafe(no_mangle)]
extern "C" fn rumpuser_daemonize_begin() -> c_int {
    EOPNOTSUPP
}

#[unsafe(no_mangle)]
extern "C" fn rumpuser_daemonize_done(_error: c_int) -> c_int {
    EOPNOTSUPP
}

/// Linked components have registered themselves; there are no others.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_dl_bootstrap(
    _modules: *const c_void,
    _symbols: *const c_void,
    _components: *const c_void,
) {
}
