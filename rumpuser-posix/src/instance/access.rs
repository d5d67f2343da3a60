//! Memory that the kernel points to: looked at before a hypercall uses it.
//!
//! A kernel whose memory is damaged hands on pointers that lead nowhere. As with a kernel's own
//! copyin(9), the accesses that may fail are made by a few functions whose code is known as a range
//! (`shim/access.c`): a fault there is the [kernel's](crate::host::accident), which is left by a
//! jump. So what goes for an upcall goes for every function here: **the caller holds no value with
//! a destructor, and no lock**. Hypercalls look at their arguments first thing.
//!
//! What has been looked at is then used as it is. A host system call needs none of this: it says
//! EFAULT.

use std::ffi::{CStr, c_char, c_void};
use std::ops::Range;
use std::slice;

use super::Instance;
use crate::state::fault::Fault;
use crate::wait::Object;

unsafe extern "C" {
    fn rumpuser_posix_access_code(bounds: *mut usize);
    fn rumpuser_posix_word(place: *const u32) -> u32;
    fn rumpuser_posix_readable(start: *const c_void, length: usize);
    fn rumpuser_posix_writable(start: *mut c_void, length: usize);
    fn rumpuser_posix_store(to: *mut c_void, from: *const c_void, size: usize);
    fn rumpuser_posix_length(text: *const c_char) -> usize;
}

/// The code whose faults are the kernel's.
pub(crate) fn code() -> Range<usize> {
    let mut bounds = [0; 2];
    // SAFETY: the place is right.
    unsafe { rumpuser_posix_access_code(bounds.as_mut_ptr()) };
    bounds[0]..bounds[1]
}

impl Instance {
    /// The object of this kernel's at `place`. Does not return when there is none.
    ///
    /// # Safety
    ///
    /// If there is one, it stays for as long as the result is used.
    pub(crate) unsafe fn object<T: Object>(&self, place: *const T) -> &T {
        let kind = place.wrapping_byte_add(T::KIND_AT).cast::<u32>();
        // SAFETY: the function is made for places that cannot be read, too.
        if !place.is_aligned() || unsafe { rumpuser_posix_word(kind) } & T::MASK != T::KIND {
            self.fail(T::STRANGER);
        }
        // SAFETY: it is what its kind says, and stays, by the contract of this function.
        unsafe { &*place }
    }

    /// Places a lock or the like in the kernel's memory. There is no way to tell the kernel that
    /// there is none.
    pub(super) fn place<T>(&self, value: T) -> *mut T {
        match self.memory.place(value) {
            Some(place) if !self.faults().strikes(Fault::Lock) => place,
            _ => self.fail("rumpuser: the host has no memory for a lock"),
        }
    }
}

/// A string of the kernel's.
///
/// # Safety
///
/// It stays and nobody writes to it while the result is used.
pub(crate) unsafe fn string<'a>(text: *const c_char) -> &'a CStr {
    // SAFETY: so many bytes and a NUL could be read just now.
    unsafe {
        let length = rumpuser_posix_length(text);
        CStr::from_bytes_with_nul_unchecked(slice::from_raw_parts(text.cast(), length + 1))
    }
}

/// So many values of the kernel's; none behind a pointer that cannot be one to such.
///
/// # Safety
///
/// They stay and nobody writes to them while the result is used. Every pattern of bits is a `T`.
pub(crate) unsafe fn values<'a, T>(first: *const T, count: usize) -> &'a [T] {
    if count == 0 || !first.is_aligned() || count > isize::MAX as usize / size_of::<T>().max(1) {
        return &[];
    }
    // SAFETY: the range could be read just now.
    unsafe {
        rumpuser_posix_readable(first.cast(), count * size_of::<T>());
        slice::from_raw_parts(first, count)
    }
}

/// Makes sure that a buffer of the kernel's can be written.
pub(crate) fn writable(start: *mut c_void, length: usize) {
    // SAFETY: the function is made for places that cannot be written, too, and changes nothing.
    unsafe { rumpuser_posix_writable(start, length) };
}

/// Stores a result where the kernel wants it.
///
/// # Safety
///
/// The place is one that the kernel passed for the result.
pub(crate) unsafe fn store<T: Copy>(place: *mut T, value: T) {
    let value = &raw const value;
    // SAFETY: the function is made for places that cannot be written, too.
    unsafe { rumpuser_posix_store(place.cast(), value.cast(), size_of::<T>()) };
}
