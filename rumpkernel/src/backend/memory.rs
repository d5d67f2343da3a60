//! The memory that goes with a system call, and what comes back.

use std::ffi::{CStr, c_int};
use std::marker::PhantomData;

use rumpkernel_sys::register_t;

/// Memory of the program's that a system call reads. Its address is an argument of the call, or
/// lies in other memory of the call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input<'a> {
    start: *const u8,
    length: usize,
    borrowed: PhantomData<&'a [u8]>,
}

impl<'a> Input<'a> {
    pub(crate) fn new<T: ?Sized>(value: &'a T) -> Self {
        Self {
            start: (&raw const *value).cast(),
            length: size_of_val(value),
            borrowed: PhantomData,
        }
    }

    /// A string with the NUL that ends it.
    pub(crate) fn string(text: &'a CStr) -> Self {
        Self::new(text.to_bytes_with_nul())
    }

    pub(crate) fn start<T>(&self) -> *const T {
        self.start.cast()
    }

    /// In bytes.
    pub(crate) fn length(&self) -> usize {
        self.length
    }
}

/// Memory of the program's that a system call writes, and may read before.
#[derive(Debug)]
pub(crate) struct Output<'a> {
    start: *mut u8,
    length: usize,
    borrowed: PhantomData<&'a mut [u8]>,
}

impl<'a> Output<'a> {
    pub(crate) fn new<T: ?Sized>(value: &'a mut T) -> Self {
        Self {
            length: size_of_val(value),
            start: (&raw mut *value).cast(),
            borrowed: PhantomData,
        }
    }

    pub(crate) fn start<T>(&self) -> *mut T {
        self.start.cast()
    }

    /// In bytes.
    pub(crate) fn length(&self) -> usize {
        self.length
    }
}

/// The result of a system call that did not fail, in two registers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Returned(pub(super) [register_t; 2]);

impl Returned {
    /// The result as an `int`.
    pub(crate) fn int(self) -> c_int {
        self.0[0] as c_int
    }

    /// The result as a count of bytes, of which there is room for `room`: never more than that.
    pub(crate) fn count(self, room: usize) -> usize {
        usize::try_from(self.0[0]).map_or(0, |count| count.min(room))
    }

    /// The result as an `off_t`, which has two registers where these have 32 bits.
    pub(crate) fn offset(self) -> i64 {
        let [first, second] = self.0.map(register_t::to_ne_bytes);
        let mut bytes = first.into_iter().chain(second);
        i64::from_ne_bytes(std::array::from_fn(|_| bytes.next().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_never_more_than_the_room() {
        let count = |register: register_t, room| Returned([register, 0]).count(room);
        assert_eq!(count(5, 10), 5);
        assert_eq!(count(11, 10), 10);
        assert_eq!(count(-1, 10), 0);
    }

    #[test]
    fn an_offset_has_64_bits() {
        let offset = 0x1_0000_0002_i64;
        let registers = match size_of::<register_t>() {
            8 => [offset as register_t, 7],
            _ if cfg!(target_endian = "big") => [1, 2],
            _ => [2, 1],
        };
        assert_eq!(Returned(registers).offset(), offset);
    }
}
