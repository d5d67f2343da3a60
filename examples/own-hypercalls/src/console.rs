//! What the kernel prints.

use std::ffi::{CStr, c_char, c_int};
use std::io::Write;

/// One character of the console. Standard output gathers them into lines.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_putchar(character: c_int) {
    // What cannot be printed is lost, as on any console; its low byte is the character.
    let _ = std::io::stdout().write_all(&[character as u8]);
}

/// The text of a `rumpuser_dprintf`, made by `dprintf.c`.
#[unsafe(no_mangle)]
unsafe extern "C" fn own_hypercalls_debug(text: *const c_char) {
    // SAFETY: a string.
    let _ = std::io::stderr().write_all(unsafe { CStr::from_ptr(text) }.to_bytes());
}
