//! Open files and sockets.

use std::ffi::c_int;
use std::fmt;
use std::sync::Arc;

use crate::ErrorKind;
use crate::gate::Gate;

/// An open descriptor of the program's kernel process; closed when dropped.
pub(crate) struct Descriptor {
    gate: Arc<Gate>,
    number: c_int,
}

impl Descriptor {
    /// Takes over `number`, which a system call has just returned.
    pub(super) fn adopt(gate: &Arc<Gate>, number: c_int) -> Self {
        Self {
            gate: Arc::clone(gate),
            number,
        }
    }

    pub(crate) fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    pub(super) fn number(&self) -> c_int {
        self.number
    }

    pub(crate) fn dup(&self) -> Result<Self, ErrorKind> {
        let fd = self.number;
        // SAFETY: plain values.
        let copy = unsafe { self.gate.syscall(move |k| (k.sys_dup)(fd)) }?;
        Ok(Self::adopt(&self.gate, copy))
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        let fd = self.number;
        // A dead kernel has no descriptors any more. What else close(2) could report is a write
        // error, which sync_all() tells those who ask.
        // SAFETY: plain values; nobody else can use the number, because the owner is dropped.
        let _closed = unsafe { self.gate.syscall(move |k| (k.sys_close)(fd)) };
    }
}

impl fmt::Debug for Descriptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Descriptor").field(&self.number).finish()
    }
}

/// A count that the kernel returned, never more than was asked for.
pub(super) fn within(count: isize, length: usize) -> usize {
    usize::try_from(count).map_or(0, |count| count.min(length))
}
