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

/// A place with a value, which a result replaces; alive and nobody else's while the hypercall lasts.
#[repr(transparent)]
#[derive(Debug)]
pub(crate) struct InOut<T>(*mut T);

impl<T> Clone for InOut<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for InOut<T> {}

impl<T: Copy> InOut<T> {
    /// The value.
    pub(crate) fn get(self) -> T {
        access::writable(self.0.cast(), size_of::<T>());
        // SAFETY: the kernel has put one there, and it could be written just now.
        unsafe { self.0.read_unaligned() }
    }

    /// Stores the result.
    pub(crate) fn set(self, value: T) {
        Out(self.0).set(value);
    }

    /// The place, unless the kernel has no value to pass.
    pub(crate) fn given(self) -> Option<Self> {
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

    /// The buffer, to be changed; nobody else uses it while the hypercall lasts.
    pub(crate) fn bytes_mut(&mut self, length: usize) -> &mut [u8] {
        if length == 0 {
            return &mut [];
        }
        access::writable(self.0, length);
        // SAFETY: so many bytes of the kernel's, to which C gave some value, could be written just
        // now and are the hypercall's.
        unsafe { slice::from_raw_parts_mut(self.0.cast(), length) }
    }

    /// Stores bytes at its beginning.
    pub(crate) fn fill(&mut self, bytes: &[u8]) {
        for (place, byte) in self.writable(bytes.len()).iter_mut().zip(bytes) {
            place.write(*byte);
        }
    }

    /// The buffer's contents, which nobody writes to while the hypercall lasts.
    pub(crate) fn bytes(&self, length: usize) -> &[u8] {
        // SAFETY: the kernel passed the buffer for this; the borrow ends with the hypercall.
        unsafe { access::values(self.0.cast::<u8>(), length) }
    }

    /// The address.
    pub(crate) fn address(self) -> *mut c_void {
        self.0
    }

    /// The rest of the buffer after this number of bytes.
    pub(crate) fn after(self, bytes: usize) -> Self {
        Self(self.0.wrapping_byte_add(bytes))
    }

    /// The buffer as a place for a value.
    ///
    /// # Safety
    ///
    /// The kernel passes a `T` there.
    pub(crate) unsafe fn holding<T>(self) -> InOut<T> {
        InOut(self.0.cast())
    }
}

/// Values in a row, which stay as they are while the hypercall lasts.
#[repr(transparent)]
#[derive(Debug)]
pub(crate) struct Records<T>(*const T);

impl<T> Clone for Records<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Records<T> {}

impl<T> Records<T> {
    /// So many values; none behind a pointer that cannot be one to such.
    pub(crate) fn get(&self, count: usize) -> &[T] {
        // SAFETY: the kernel passed values of this type; the borrow ends with the hypercall.
        unsafe { access::values(self.0, count) }
    }
}

/// Values in a row that the hypercall changes; nobody else uses them while it lasts.
#[repr(transparent)]
#[derive(Debug)]
pub(crate) struct RecordsMut<T>(*mut T);

impl<T> RecordsMut<T> {
    /// So many values; none behind a pointer that cannot be one to such.
    pub(crate) fn get(&mut self, count: usize) -> &mut [T] {
        match count.checked_mul(size_of::<T>()) {
            Some(size @ 1..) if self.0.is_aligned() => {
                access::writable(self.0.cast(), size);
                // SAFETY: values of this type, which could be written just now and are the
                // hypercall's.
                unsafe { slice::from_raw_parts_mut(self.0, count) }
            }
            _ => &mut [],
        }
    }
}

/// Buffers in a row, as for readv(2), whose number another argument tells.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vector(*const libc::iovec);

impl Vector {
    /// The first of so many buffers, and its length.
    pub(crate) fn first(self, count: usize) -> Option<(Buffer, usize)> {
        let all = Records(self.0);
        let first = all.get(count.min(1)).first()?;
        Some((Buffer(first.iov_base), first.iov_len))
    }

    /// The buffers, whose contents nobody writes to while the hypercall lasts.
    pub(crate) fn readable(&self, count: usize) -> &[libc::iovec] {
        // SAFETY: the kernel passed so many; the borrow ends with the hypercall.
        let buffers = unsafe { access::values(self.0, count) };
        for buffer in buffers {
            Buffer(buffer.iov_base).bytes(buffer.iov_len);
        }
        buffers
    }

    /// The address.
    pub(crate) fn address(self) -> *const libc::iovec {
        self.0
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
