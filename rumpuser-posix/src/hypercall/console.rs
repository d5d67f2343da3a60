//! `rumpuser_putchar`, `rumpuser_dprintf`: what the kernel prints.

use std::ffi::{c_char, c_int};
use std::io::Write;
use std::slice;

use crate::host::write_signals;
use crate::instance::{caller, with_current};

/// Prints one character. Never fails, never blocks on the kernel.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_putchar(character: c_int) {
    // As putchar(3): the value is converted to an unsigned char.
    caller().console.put(character as u8);
}

/// The text of a `rumpuser_dprintf`, formatted by the C part. Unlike the others it answers in a
/// dead kernel too, for the C part has a destructor of sorts: memory to free.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_posix_debug_text(text: *const c_char, length: usize) {
    // SAFETY: the C part passes a buffer that holds at least that many characters.
    let text = unsafe { slice::from_raw_parts(text.cast::<u8>(), length) };
    with_current(|instance| match instance {
        Some(instance) => {
            instance.console.debug(text);
            // May be left by a jump: the C part has memory to free only for longer texts than that.
            instance.hear(text);
        }
        // As Console::Stdout.
        None => drop(write_signals::without(|| std::io::stderr().write_all(text))),
    });
}

unsafe extern "C" {
    fn rumpuser_dprintf(format: *const c_char, ...);
}

/// Nothing in Rust calls the C part; without a reference a linker that has seen this crate before
/// the kernel would leave it out.
#[used]
static DPRINTF: unsafe extern "C" fn(*const c_char, ...) = rumpuser_dprintf;
