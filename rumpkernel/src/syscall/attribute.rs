//! System calls for extended attributes, extattr_get_file(2) and its kin.

use std::ffi::{CStr, c_int};

use rumpkernel_sys::calls;

use crate::ErrorKind;
use crate::backend::{Handle, Input, Output};

/// Fills `value` with the beginning of an attribute, and returns how much of it was filled. Links
/// are not followed.
pub(crate) fn get(
    kernel: &Handle,
    path: &CStr,
    namespace: c_int,
    name: &CStr,
    value: &mut [u8],
) -> Result<usize, ErrorKind> {
    let (path, name, value) = (Input::string(path), Input::string(name), Output::new(value));
    let room = value.length();
    let (at, attribute) = (path.start(), name.start());
    let call = calls::extattr_get_link(at, namespace, attribute, value.start(), room);
    // SAFETY: the pointers lead to two C strings, and to `value`, which has `room` bytes.
    let count = unsafe { kernel.short(call, &[path, name], &mut [value]) }?;
    Ok(count.count(room))
}

pub(crate) fn set(
    kernel: &Handle,
    path: &CStr,
    namespace: c_int,
    name: &CStr,
    value: &[u8],
) -> Result<(), ErrorKind> {
    let (path, name, value) = (Input::string(path), Input::string(name), Input::new(value));
    let (at, attribute, length) = (path.start(), name.start(), value.length());
    let call = calls::extattr_set_link(at, namespace, attribute, value.start(), length);
    // SAFETY: the pointers lead to two C strings, and to `value`, of which the length is given.
    unsafe { kernel.short(call, &[path, name, value], &mut []) }.map(drop)
}

pub(crate) fn delete(
    kernel: &Handle,
    path: &CStr,
    namespace: c_int,
    name: &CStr,
) -> Result<(), ErrorKind> {
    let (path, name) = (Input::string(path), Input::string(name));
    let call = calls::extattr_delete_link(path.start(), namespace, name.start());
    // SAFETY: the pointers lead to two C strings.
    unsafe { kernel.short(call, &[path, name], &mut []) }.map(drop)
}

/// Fills `list` with the beginning of the list of names: each with a byte in front that holds its
/// length.
pub(crate) fn list(
    kernel: &Handle,
    path: &CStr,
    namespace: c_int,
    list: &mut [u8],
) -> Result<usize, ErrorKind> {
    let (path, list) = (Input::string(path), Output::new(list));
    let room = list.length();
    let call = calls::extattr_list_link(path.start(), namespace, list.start(), room);
    // SAFETY: the pointers lead to a C string, and to `list`, which has `room` bytes.
    let count = unsafe { kernel.short(call, &[path], &mut [list]) }?;
    Ok(count.count(room))
}
