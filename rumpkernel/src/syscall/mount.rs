//! System calls that mount.

use std::ffi::{CStr, c_int};
use std::ptr;

use rumpkernel_sys::calls;

use crate::ErrorKind;
use crate::backend::{CallKind, Handle, Input, Output};

/// mount(2). `arguments` is the argument structure of the file system, or `None` for one that takes
/// none; `strings` are what pointers in it lead to.
///
/// # Safety
///
/// The argument structure is that of the file system `kind`, and each pointer in it is null or
/// leads to one of `strings`.
pub(crate) unsafe fn mount(
    kernel: &Handle,
    kind: &CStr,
    path: &CStr,
    flags: c_int,
    arguments: Option<Output<'_>>,
    strings: &[Input<'_>],
) -> Result<(), ErrorKind> {
    let (kind, path) = (Input::string(kind), Input::string(path));
    let mut outputs: Vec<_> = arguments.into_iter().collect();
    let (start, length) = match &*outputs {
        [arguments, ..] => (arguments.start(), arguments.length()),
        [] => (ptr::null_mut(), 0),
    };
    let call = calls::mount(kind.start(), path.start(), flags, start, length);
    let mut inputs = vec![kind, path];
    inputs.extend_from_slice(strings);
    // SAFETY: the pointers lead to two C strings and to the arguments, whose length is given; what
    // these lead to: caller.
    unsafe { kernel.short(call, &inputs, &mut outputs) }.map(drop)
}

/// unmount(2), while no other call is in a file system.
pub(crate) fn unmount(kernel: &Handle, path: &CStr, flags: c_int) -> Result<(), ErrorKind> {
    let path = Input::string(path);
    let call = calls::unmount(path.start(), flags);
    // SAFETY: the only pointer leads to `path`, a C string.
    unsafe { kernel.syscall(CallKind::Exclusive, &call, &[path], &mut []) }.map(drop)
}
