//! Open files and sockets.

use std::ffi::c_int;
use std::fmt;
use std::sync::Arc;

use rumpkernel_sys::calls;

use crate::ErrorKind;
use crate::backend::Handle;

/// An open descriptor of the program's kernel process; closed when dropped.
pub(crate) struct Descriptor {
    kernel: Handle,
    number: c_int,
}

impl Descriptor {
    /// Takes over `number`, which a system call has just returned.
    pub(super) fn adopt(kernel: &Handle, number: c_int) -> Self {
        Self {
            kernel: Arc::clone(kernel),
            number,
        }
    }

    pub(crate) fn kernel(&self) -> &Handle {
        &self.kernel
    }

    pub(super) fn number(&self) -> c_int {
        self.number
    }

    pub(crate) fn dup(&self) -> Result<Self, ErrorKind> {
        let copy = self.kernel.plain(calls::dup(self.number))?;
        Ok(Self::adopt(&self.kernel, copy.int()))
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // A dead kernel has no descriptors any more. What else close(2) could report is a write
        // error, which sync_all() tells those who ask.
        let _closed = self.kernel.plain(calls::close(self.number));
    }
}

impl fmt::Debug for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Descriptor").field(&self.number).finish()
    }
}
