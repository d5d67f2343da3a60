//! A system call as a value: its number, and its arguments as the kernel takes them.

use core::ffi::{c_int, c_void};
use core::ops::Deref;

/// A register of the kernel's machine, `register_t`.
#[allow(non_camel_case_types, reason = "the name is C's")]
pub type register_t = isize;

/// The most registers that arguments take, `SYS_MAXSYSARGS`.
const MAX: usize = 8;

/// A system call by number with its arguments, for `rump_syscall()`: what the functions of
/// [`calls`](crate::calls) return.
///
/// Arguments lie one after the other as in the kernel's own structures, an argument of 64 bits in
/// two registers where these have 32; `checks/layout.c` asserts it of the sources.
#[derive(Clone, Copy, Debug)]
pub struct SystemCall {
    number: c_int,
    count: usize,
    arguments: Arguments,
}

/// Aligned for arguments of 64 bits.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(8))]
struct Arguments([register_t; MAX]);

impl SystemCall {
    #[inline]
    pub(crate) fn new(number: c_int) -> Self {
        Self {
            number,
            count: 0,
            arguments: Arguments([0; MAX]),
        }
    }

    /// Appends an argument.
    #[inline]
    pub(crate) fn with(mut self, argument: impl Argument) -> Self {
        argument.append_to(&mut self);
        self
    }

    #[inline]
    fn push(&mut self, register: register_t) {
        self.arguments.0[self.count] = register;
        self.count += 1;
    }

    /// The number of the call, `SYS_` in sys/syscall.h.
    #[inline]
    pub fn number(&self) -> c_int {
        self.number
    }

    /// The registers that the arguments lie in.
    #[inline]
    pub fn arguments(&self) -> &[register_t] {
        &self.arguments.0[..self.count]
    }

    /// The argument structure. The kernel reads it, and takes a pointer to what is not constant.
    #[inline]
    pub fn data(&self) -> *mut c_void {
        self.arguments.0.as_ptr().cast_mut().cast()
    }

    /// The size of the argument structure in bytes.
    #[inline]
    pub fn size(&self) -> usize {
        self.count * size_of::<register_t>()
    }
}

/// A type that an argument of a system call can have.
pub(crate) trait Argument {
    fn append_to(self, call: &mut SystemCall);
}

/// Numbers that fit a register: the kernel reads as many bytes as the type has.
macro_rules! narrow {
    ($($type:ty)*) => {$(
        impl Argument for $type {
            #[inline]
            fn append_to(self, call: &mut SystemCall) {
                call.push(self as register_t);
            }
        }
    )*};
}

narrow!(i32 u32 isize usize);

/// Numbers of 64 bits.
macro_rules! wide {
    ($($type:ty)*) => {$(
        impl Argument for $type {
            #[inline]
            fn append_to(self, call: &mut SystemCall) {
                for bytes in self.to_ne_bytes().chunks_exact(size_of::<register_t>()) {
                    let mut register = [0; size_of::<register_t>()];
                    register.copy_from_slice(bytes);
                    call.push(register_t::from_ne_bytes(register));
                }
            }
        }
    )*};
}

wide!(i64 u64);

impl<T> Argument for *const T {
    #[inline]
    fn append_to(self, call: &mut SystemCall) {
        call.push(self.expose_provenance() as register_t);
    }
}

impl<T> Argument for *mut T {
    #[inline]
    fn append_to(self, call: &mut SystemCall) {
        call.push(self.expose_provenance() as register_t);
    }
}

/// A system call none of whose arguments is a pointer: it touches no memory of the caller's.
#[derive(Clone, Copy, Debug)]
pub struct PlainCall(SystemCall);

impl PlainCall {
    /// Takes a call without pointers.
    #[inline]
    pub(crate) fn new(call: SystemCall) -> Self {
        Self(call)
    }
}

impl Deref for PlainCall {
    type Target = SystemCall;

    #[inline]
    fn deref(&self) -> &SystemCall {
        &self.0
    }
}

/// Makes a function of each system call. The arguments of `plain` ones are numbers.
macro_rules! system_calls {
    (
        plain { $($plain:ident($($number_argument:ident: $number_kind:ty),*)
            = $plain_number:literal [$($plain_member:ident)*];)* }
        pointing { $($name:ident($($argument:ident: $kind:ty),*)
            = $number:literal [$($member:ident)*];)* }
    ) => {
        /// The member that aligns an argument of 64 bits.
        const PAD: c_int = 0;

        $(
            #[doc = concat!("`", stringify!($plain), "`, call number ", $plain_number, ".")]
            #[inline]
            pub fn $plain($($number_argument: $number_kind),*) -> $crate::PlainCall {
                let call = $crate::SystemCall::new($plain_number)$(.with($plain_member))*;
                $crate::PlainCall::new(call)
            }
        )*

        $(
            #[doc = concat!("`", stringify!($name), "`, call number ", $number, ".")]
            #[inline]
            pub fn $name($($argument: $kind),*) -> $crate::SystemCall {
                $crate::SystemCall::new($number)$(.with($member))*
            }
        )*
    };
}

#[cfg(test)]
mod tests {
    use core::ptr::null_mut;

    use crate::calls;

    #[test]
    fn arguments_follow_each_other() {
        let call = calls::pread(-1, null_mut(), 7, 0x1_0000_0002);
        assert_eq!(call.number(), 173);
        let (start, offset) = call.arguments().split_at(4);
        assert_eq!(start, [-1, 0, 7, 0]);
        let expected: &[isize] = match size_of::<usize>() {
            8 => &[0x1_0000_0002_u64 as isize],
            _ if cfg!(target_endian = "big") => &[1, 2],
            _ => &[2, 1],
        };
        assert_eq!(offset, expected);
        assert_eq!(call.size(), size_of_val(call.arguments()));
    }

    #[test]
    fn a_call_without_arguments_has_none() {
        assert!(calls::getpid().arguments().is_empty());
    }
}
