//! Hosts whose C library has no iconv(3), or not always: Android and OpenBSD. No character set is
//! known.

use std::convert::Infallible;
use std::ffi::{CStr, c_int};

/// There is none.
pub(super) struct Converter(Infallible);

impl Converter {
    /// `Err` with the number that iconv_open(3) has for character sets that it does not know.
    pub(super) fn open(_to: &CStr, _from: &CStr) -> Result<Self, c_int> {
        Err(libc::EINVAL)
    }

    pub(super) fn convert(
        &mut self,
        _input: Option<&[u8]>,
        _output: &mut [u8],
    ) -> (usize, usize, Result<(), c_int>) {
        match self.0 {}
    }
}
