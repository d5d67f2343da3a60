//! What the kernel asks of the machine that it runs on, and how it ends.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::fs::File;
use std::io::{self, Read, Write};
use std::slice;

use rumpkernel_sys::{EIO, ENOENT, ERANGE};

use crate::scheduler;

/// One character of the console. Standard output gathers them into lines.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_putchar(character: c_int) {
    // What cannot be printed is lost, as on any console; its low byte is the character.
    let _ = io::stdout().write_all(&[character as u8]);
}

/// Complaints of the kernel's. More arguments may follow the format, which stable Rust cannot read; what this kernel has
/// to say, that it finds no memory to free, has none.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_dprintf(format: *const c_char) {
    // SAFETY: a string.
    let _ = io::stderr().write_all(unsafe { CStr::from_ptr(format) }.to_bytes());
}

/// Two parameters are mandatory. Of those that have a default the kernel learns that they are not set.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_getparam(
    name: *const c_char,
    buffer: *mut c_void,
    size: usize,
) -> c_int {
    // SAFETY: a string.
    let value = match unsafe { CStr::from_ptr(name) }.to_bytes() {
        b"_RUMPUSER_NCPU" => c"1",
        b"_RUMPUSER_HOSTNAME" => c"own-hypercalls",
        _ => return ENOENT,
    };
    let value = value.to_bytes_with_nul();
    if value.len() > size {
        return ERANGE;
    }
    // SAFETY: the buffer has room for it.
    unsafe { buffer.cast::<u8>().copy_from(value.as_ptr(), value.len()) };
    0
}

/// On bare metal: the processor's generator, or a device's.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_getrandom(
    buffer: *mut c_void,
    size: usize,
    _flags: c_int,
    result: *mut usize,
) -> c_int {
    // SAFETY: memory of the kernel's, which has begun with zeros and is nobody else's for now.
    let buffer = unsafe { slice::from_raw_parts_mut(buffer.cast::<u8>(), size) };
    match File::open("/dev/urandom").and_then(|mut device| device.read_exact(buffer)) {
        Ok(()) => {
            // SAFETY: a place for the count.
            unsafe { result.write(size) };
            0
        }
        Err(_) => EIO,
    }
}

/// No file has a name. The kernel asks at boot, for its modules.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_getfileinfo(
    _path: *const c_char,
    _size: *mut u64,
    _kind: *mut c_int,
) -> c_int {
    ENOENT
}

/// Linked components have registered themselves; there are no others.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_dl_bootstrap(
    _modules: *const c_void,
    _symbols: *const c_void,
    _components: *const c_void,
) {
}

/// A process of the kernel's got a signal. This program takes none.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_kill(_process: i64, _signal: c_int) -> c_int {
    0
}

/// The last hypercall: the kernel has halted, or panicked (-1).
#[unsafe(no_mangle)]
extern "C" fn rumpuser_exit(code: c_int) -> ! {
    scheduler::stop(code)
}
