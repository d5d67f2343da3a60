//! Arguments of hypercalls: pointers that the kernel passes, as types.
//!
//! Only the kernel makes such a value, by making a hypercall, and what it promises of the pointer
//! there is the invariant of the type. A kernel whose memory is damaged breaks that promise; so
//! each is [looked at](super::access) before it is used, which may leave the kernel by a jump:
//! **the caller holds no value with a destructor, and no lock**.

use std::ffi::{CStr, c_char, c_void};
use std::mem::MaybeUninit;
use std::slice;

use super::Instance;
use super::access;
use crate::wait::Object;

/// A place for a result, alive and nobody else's while the hypercall lasts.
#[repr(transparent)]
#[derive(Debug)]
pub(crate) struct Out<T>(*mut T);

impl<T> Clone for Out<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Out<T> {}

impl<T: Copy> Out<T> {
    /// Stores the result.
    pub(crate) fn set(self, value: T) {
        // SAFETY: the kernel passed the place for this.
        unsafe { access::store(self.0, value) };
    }

    /// The place, unless the kernel has no use for the result and passed null.
    pub(crate) fn wanted(self) -> Option<Self> {
        (!self.0.is_null()).then_some(self)
    }
}

/// A buffer, whose length another argument tells.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Buffer(*mut c_void);

impl Buffer {
    /// The buffer, to be written; nobody else uses it while the hypercall lasts.
    pub(crate) fn writable(&mut self, length: usize) -> &mut [MaybeUninit<u8>] {
        if length == 0 {
            return &mut [];
        }
        access::writable(self.0, length);
        // SAFETY: so many bytes could be written just now, and are the hypercall's.
        unsafe { slice::from_raw_parts_mut(self.0.cast(), length) }
    }

    /// The address.
    pub(crate) fn address(self) -> *mut c_void {
        self.0
    }
}

/// Values in a row, which stay as they are while the hypercall lasts.
#[repr(transparent)]
#[derive(Debug)]
pub(crate) struct Records<T>(*const T);

impl<T> Records<T> {
    /// So many values; none behind a pointer that cannot be one to such.
    pub(crate) fn get(&self, count: usize) -> &[T] {
        // SAFETY: the kernel passed values of this type; the borrow ends with the hypercall.
        unsafe { access::values(self.0, count) }
    }
}

/// A string, which stays as it is while the hypercall lasts.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text(*const c_char);

impl Text {
    /// The string.
    pub(crate) fn get(&self) -> &CStr {
        // SAFETY: the invariant; the borrow ends with the hypercall.
        unsafe { access::string(self.0) }
    }

    /// The string, if there is one.
    pub(crate) fn given(&self) -> Option<&CStr> {
        (!self.0.is_null()).then(|| self.get())
    }
}

/// What the kernel has for a lock, a condition variable or the like that a hypercall made: it stays
/// until the kernel has it destroyed.
#[repr(transparent)]
#[derive(Debug)]
pub(crate) struct Handle<T>(*mut T);

impl<T> Clone for Handle<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Handle<T> {}

impl<T: Object> Handle<T> {
    /// Places a new object in the kernel's memory.
    pub(crate) fn new(instance: &Instance, object: T) -> Self {
        Self(instance.place(object))
    }

    /// The object. Does not return when there is none: then the kernel dies.
    #[inline]
    pub(crate) fn get(self, instance: &Instance) -> &T {
        // SAFETY: the kernel has it destroyed when nobody uses it any more.
        unsafe { instance.object(self.0) }
    }

    /// Gives back the memory of an object that is none any more.
    pub(crate) fn discard(self, instance: &Instance) {
        // SAFETY: nobody uses what the kernel has destroyed.
        unsafe { instance.memory.discard(self.0) };
    }

    /// The address, as the kernel hands it on in its upcalls.
    pub(crate) fn address(self) -> *mut T {
        self.0
    }
}
