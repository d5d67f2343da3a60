//! Hosts whose C library has iconv(3).

use std::ffi::{CStr, c_int};
use std::ptr;

use crate::errno::last;

/// An open converter of the host's.
pub(super) struct Converter(libc::iconv_t);

// SAFETY: a converter may be used by any thread, by one at a time: it is behind a lock.
unsafe impl Send for Converter {}

impl Drop for Converter {
    fn drop(&mut self) {
        // SAFETY: open, and nobody uses it after this.
        unsafe { libc::iconv_close(self.0) };
    }
}

impl Converter {
    /// `Err` with the host's number.
    pub(super) fn open(to: &CStr, from: &CStr) -> Result<Self, c_int> {
        // SAFETY: two strings.
        let converter = unsafe { libc::iconv_open(to.as_ptr(), from.as_ptr()) };
        // What iconv_open(3) returns when it fails.
        if converter.addr() == usize::MAX {
            return Err(last());
        }
        Ok(Self(converter))
    }

    /// Converts as much of `input` as it can, and says how much is left of it and how much of the
    /// output was used. Without input the initial state is written. `Err` with the host's number.
    pub(super) fn convert(
        &mut self,
        input: Option<&[u8]>,
        output: &mut [u8],
    ) -> (usize, usize, Result<(), c_int>) {
        let mut left = input.map_or(0, <[u8]>::len);
        let mut source = input.map_or(ptr::null(), <[u8]>::as_ptr).cast_mut().cast();
        let mut free = output.len();
        let mut target = output.as_mut_ptr().cast();
        let source = match input {
            Some(_) => &raw mut source,
            None => ptr::null_mut(),
        };
        // SAFETY: an open converter, and pointers to buffers of these lengths, of which iconv(3)
        // writes to the second only; or no input.
        let result = unsafe { libc::iconv(self.0, source, &mut left, &mut target, &mut free) };
        let result = if result == usize::MAX {
            Err(last())
        } else {
            Ok(())
        };
        (left, output.len() - free, result)
    }
}
