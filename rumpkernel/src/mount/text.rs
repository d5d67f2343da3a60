//! Strings that argument structures point to.

use std::ffi::{CStr, c_char};

use crate::{Errno, ErrorKind};

/// A string that an argument structure points to.
pub(super) struct Text(Box<[u8]>);

impl Text {
    pub(super) fn new(text: &CStr) -> Self {
        Self(text.to_bytes_with_nul().into())
    }

    /// The node of the device, which every file system on an image has.
    pub(super) fn of_device(device: Option<&CStr>) -> Result<Self, ErrorKind> {
        let device = device.ok_or(ErrorKind::Errno(Errno::NXIO))?;
        Ok(Self::new(device))
    }

    /// The address of the first byte, which stays the same wherever this is moved.
    pub(super) fn start(&mut self) -> *mut c_char {
        self.0.as_mut_ptr().cast()
    }

    pub(super) fn into_memory(self) -> Box<[u8]> {
        self.0
    }
}
