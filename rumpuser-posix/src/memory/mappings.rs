//! Mappings of anonymous memory that belong to one kernel.

use std::ffi::{c_int, c_void};
use std::ptr;

use parking_lot::Mutex;

use super::Lengths;
use crate::errno::last;

/// The mappings of one kernel, private and zero at first.
#[derive(Debug, Default)]
pub(super) struct Mappings(Mutex<Lengths>);

impl Mappings {
    /// A mapping at a multiple of `alignment`, or the host's errno.
    pub(super) fn map(
        &self,
        wish: *mut c_void,
        length: usize,
        alignment: usize,
        protection: c_int,
    ) -> Result<*mut c_void, c_int> {
        let slack = if alignment > page_size() {
            alignment
        } else {
            0
        };
        let padded = length.checked_add(slack).ok_or(libc::ENOMEM)?;
        // SAFETY: a new private mapping at a place of the host's choice.
        let start = unsafe {
            libc::mmap(
                wish,
                padded,
                protection,
                libc::MAP_PRIVATE | libc::MAP_ANON,
                -1,
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(last());
        }
        let before = if slack > 0 {
            start.addr().wrapping_neg() % alignment
        } else {
            0
        };
        let mapping = start.wrapping_byte_add(before);
        let end = length.next_multiple_of(page_size());
        // SAFETY: the parts before and after the aligned mapping, whole pages of this new mapping.
        unsafe {
            if before > 0 {
                libc::munmap(start, before);
            }
            let after = padded
                .next_multiple_of(page_size())
                .saturating_sub(before + end);
            if after > 0 {
                libc::munmap(mapping.wrapping_byte_add(end), after);
            }
        }
        self.0.lock().insert(mapping.expose_provenance(), length);
        Ok(mapping)
    }

    /// Forgets a mapping, which the caller unmaps. Its length, if it is one of this kernel's.
    pub(super) fn take(&self, mapping: usize) -> Option<usize> {
        self.0.lock().remove(&mapping)
    }

    /// Unmaps everything.
    ///
    /// # Safety
    ///
    /// Nobody uses any of it any more.
    pub(super) unsafe fn unmap_all(&self) {
        for (mapping, length) in self.0.lock().drain() {
            // SAFETY: the mapping is this kernel's, by the table.
            unsafe { libc::munmap(ptr::with_exposed_provenance_mut(mapping), length) };
        }
    }
}

/// The host's.
pub(crate) fn page_size() -> usize {
    // SAFETY: no conditions.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(4096)
}
