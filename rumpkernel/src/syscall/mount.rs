//! System calls that mount.

use std::ffi::{CStr, c_int};
use std::ptr;

use rumpkernel_sys::calls;

use crate::ErrorKind;
use crate::backend::{CallKind, Handle, Input, Output};
use crate::mount::Arguments;

/// mount(2), of the file system that the arguments are for.
pub(crate) fn mount(
    kernel: &Handle,
    path: &CStr,
    flags: c_int,
    arguments: &mut Arguments,
) -> Result<(), ErrorKind> {
    let (kind, path) = (Input::string(arguments.kind()), Input::string(path));
    let (structure, memory) = arguments.parts();
    let mut structure = structure.map(Output::new);
    let (start, length) = match &structure {
        Some(structure) => (structure.start(), structure.length()),
        None => (ptr::null_mut(), 0),
    };
    let call = calls::mount(kind.start(), path.start(), flags, start, length);
    let mut inputs = vec![kind, path];
    inputs.extend(memory.iter().map(|memory| Input::new(&**memory)));
    // SAFETY: the pointers lead to two C strings and to the structure that a file system of this
    // kind takes, whose length is given, and pointers in that to its memory, as Arguments::new()
    // asks.
    unsafe { kernel.short(call, &inputs, structure.as_mut_slice()) }.map(drop)
}

/// unmount(2), while no other call is in a file system.
pub(crate) fn unmount(kernel: &Handle, path: &CStr, flags: c_int) -> Result<(), ErrorKind> {
    let path = Input::string(path);
    let call = calls::unmount(path.start(), flags);
    // SAFETY: the only pointer leads to `path`, a C string.
    unsafe { kernel.syscall(CallKind::Exclusive, &call, &[path], &mut []) }.map(drop)
}
