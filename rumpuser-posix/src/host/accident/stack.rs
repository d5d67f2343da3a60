//! Alternate signal stacks, for threads that have none.
//!
//! Rust's runtime gives one to its threads, so that it can report a stack overflow; in a C program
//! threads have none, and an overflow in a kernel's code could not be handled.

use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr;

use crate::host::page_size;

/// Enough for the handler, and for whoever it hands on to.
const SIZE: usize = 64 << 10;

/// An alternate stack of the thread that made it; given back when dropped, by that thread.
#[derive(Debug)]
pub(crate) struct AlternateStack {
    mapping: *mut c_void,
    guard: usize,
}

impl AlternateStack {
    /// A stack for the calling thread, if it has none. `None` also when the host has no memory:
    /// then an overflow ends the process.
    pub(crate) fn of_this_thread() -> Option<Self> {
        let mut now = MaybeUninit::uninit();
        // SAFETY: the place is right; the call writes it if it succeeds.
        let is_set = unsafe {
            libc::sigaltstack(ptr::null(), now.as_mut_ptr()) != 0
                || now.assume_init().ss_flags & libc::SS_DISABLE == 0
        };
        if is_set {
            return None;
        }
        let guard = page_size();
        // SAFETY: a new mapping.
        let mapping = unsafe {
            libc::mmap(
                ptr::null_mut(),
                guard + SIZE,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANON,
                -1,
                0,
            )
        };
        if mapping == libc::MAP_FAILED {
            return None;
        }
        let stack = libc::stack_t {
            ss_sp: mapping.wrapping_byte_add(guard),
            ss_flags: 0,
            ss_size: SIZE,
        };
        // SAFETY: the mapping has a page more than the stack, and stays until it is no more in use.
        unsafe {
            // Without a guard page an overflow of this stack would go unnoticed: all the same.
            let _ = libc::mprotect(mapping, guard, libc::PROT_NONE);
            if libc::sigaltstack(&stack, ptr::null_mut()) != 0 {
                libc::munmap(mapping, guard + SIZE);
                return None;
            }
        }
        Some(Self { mapping, guard })
    }
}

impl Drop for AlternateStack {
    fn drop(&mut self) {
        let mut now = MaybeUninit::uninit();
        // SAFETY: as in of_this_thread(), which made the mapping; the thread is not on this stack,
        // since no handler of this crate drops anything, and has it no more when it is unmapped.
        unsafe {
            if libc::sigaltstack(ptr::null(), now.as_mut_ptr()) == 0 {
                let mut now: libc::stack_t = now.assume_init();
                if now.ss_sp == self.mapping.wrapping_byte_add(self.guard) {
                    now.ss_flags = libc::SS_DISABLE;
                    libc::sigaltstack(&now, ptr::null_mut());
                }
            }
            libc::munmap(self.mapping, self.guard + SIZE);
        }
    }
}
