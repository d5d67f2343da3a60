//! `rumpcomp_sanitizer_report`: what a kernel reports that was built to check itself.

use std::ffi::{CStr, c_char, c_void};
use std::io::Write as _;

use crate::instance::with_current;

/// Prints one finding on the kernel's console, and the functions that led to it. `frame` is that of
/// the function in the kernel that reports.
///
/// It answers in a thread without a kernel, too: constructors of a program run before there is one.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpcomp_sanitizer_report(finding: *const c_char, frame: *const c_void) {
    // SAFETY: the kernel passes a string.
    let finding = unsafe { CStr::from_ptr(finding) }.to_string_lossy();
    with_current(|instance| {
        let Some(instance) = instance else {
            // Nobody can be told that standard error is closed.
            let _ = writeln!(std::io::stderr(), "{finding}");
            return;
        };
        let mut text = format!("sanitizer: {finding}\n");
        for frame in instance.backtrace(frame.addr()).frames() {
            text.push_str(&format!("    {frame}\n"));
        }
        instance.console.debug(text.as_bytes());
    });
}
