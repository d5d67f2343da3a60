//! System calls that take paths.

use std::ffi::{CStr, c_int};

use rumpkernel_sys::{self as sys, SystemCall, calls};

use super::Descriptor;
use crate::ErrorKind;
use crate::backend::{Handle, Input, Output};

pub(crate) fn open(
    kernel: &Handle,
    path: &CStr,
    flags: c_int,
    mode: u32,
) -> Result<Descriptor, ErrorKind> {
    let path = Input::string(path);
    let call = calls::open(path.start(), flags, mode);
    // SAFETY: the only pointer leads to `path`, a C string.
    let number = unsafe { kernel.short(call, &[path], &mut []) }?;
    Ok(Descriptor::adopt(kernel, number.int()))
}

pub(crate) fn stat(kernel: &Handle, path: &CStr) -> Result<sys::stat, ErrorKind> {
    stat_by(kernel, path, calls::stat)
}

pub(crate) fn lstat(kernel: &Handle, path: &CStr) -> Result<sys::stat, ErrorKind> {
    stat_by(kernel, path, calls::lstat)
}

fn stat_by(
    kernel: &Handle,
    path: &CStr,
    call: fn(*const std::ffi::c_char, *mut sys::stat) -> SystemCall,
) -> Result<sys::stat, ErrorKind> {
    let mut stat = sys::stat::default();
    let (path, place) = (Input::string(path), Output::new(&mut stat));
    let call = call(path.start(), place.start());
    // SAFETY: the pointers lead to `path`, a C string, and to `place`, one struct stat.
    unsafe { kernel.short(call, &[path], &mut [place]) }?;
    Ok(stat)
}

pub(crate) fn mkdir(kernel: &Handle, path: &CStr, mode: u32) -> Result<(), ErrorKind> {
    let path = Input::string(path);
    let call = calls::mkdir(path.start(), mode);
    // SAFETY: as in open().
    unsafe { kernel.short(call, &[path], &mut []) }.map(drop)
}

/// mknod(2); the file type is part of `mode`.
pub(crate) fn mknod(
    kernel: &Handle,
    path: &CStr,
    mode: u32,
    device: sys::dev_t,
) -> Result<(), ErrorKind> {
    let path = Input::string(path);
    let call = calls::mknod(path.start(), mode, device);
    // SAFETY: as in open().
    unsafe { kernel.short(call, &[path], &mut []) }.map(drop)
}

pub(crate) fn rmdir(kernel: &Handle, path: &CStr) -> Result<(), ErrorKind> {
    let path = Input::string(path);
    let call = calls::rmdir(path.start());
    // SAFETY: as in open().
    unsafe { kernel.short(call, &[path], &mut []) }.map(drop)
}

pub(crate) fn unlink(kernel: &Handle, path: &CStr) -> Result<(), ErrorKind> {
    let path = Input::string(path);
    let call = calls::unlink(path.start());
    // SAFETY: as in open().
    unsafe { kernel.short(call, &[path], &mut []) }.map(drop)
}

pub(crate) fn rename(kernel: &Handle, from: &CStr, to: &CStr) -> Result<(), ErrorKind> {
    let (from, to) = (Input::string(from), Input::string(to));
    let call = calls::rename(from.start(), to.start());
    // SAFETY: the pointers lead to two C strings.
    unsafe { kernel.short(call, &[from, to], &mut []) }.map(drop)
}

pub(crate) fn link(kernel: &Handle, original: &CStr, link: &CStr) -> Result<(), ErrorKind> {
    let (original, link) = (Input::string(original), Input::string(link));
    let call = calls::link(original.start(), link.start());
    // SAFETY: as in rename().
    unsafe { kernel.short(call, &[original, link], &mut []) }.map(drop)
}

pub(crate) fn symlink(kernel: &Handle, target: &CStr, link: &CStr) -> Result<(), ErrorKind> {
    let (target, link) = (Input::string(target), Input::string(link));
    let call = calls::symlink(target.start(), link.start());
    // SAFETY: as in rename().
    unsafe { kernel.short(call, &[target, link], &mut []) }.map(drop)
}

pub(crate) fn readlink(
    kernel: &Handle,
    path: &CStr,
    buffer: &mut [u8],
) -> Result<usize, ErrorKind> {
    let (path, buffer) = (Input::string(path), Output::new(buffer));
    let room = buffer.length();
    let call = calls::readlink(path.start(), buffer.start(), room);
    // SAFETY: the pointers lead to `path`, a C string, and to `buffer`, which has `room` bytes.
    let count = unsafe { kernel.short(call, &[path], &mut [buffer]) }?;
    Ok(count.count(room))
}

pub(crate) fn chmod(kernel: &Handle, path: &CStr, mode: u32) -> Result<(), ErrorKind> {
    let path = Input::string(path);
    let call = calls::chmod(path.start(), mode);
    // SAFETY: as in open().
    unsafe { kernel.short(call, &[path], &mut []) }.map(drop)
}

pub(crate) fn chown(kernel: &Handle, path: &CStr, user: u32, group: u32) -> Result<(), ErrorKind> {
    let path = Input::string(path);
    let call = calls::chown(path.start(), user, group);
    // SAFETY: as in open().
    unsafe { kernel.short(call, &[path], &mut []) }.map(drop)
}

pub(crate) fn lchown(kernel: &Handle, path: &CStr, user: u32, group: u32) -> Result<(), ErrorKind> {
    let path = Input::string(path);
    let call = calls::lchown(path.start(), user, group);
    // SAFETY: as in open().
    unsafe { kernel.short(call, &[path], &mut []) }.map(drop)
}

pub(crate) fn chflags(kernel: &Handle, path: &CStr, flags: u32) -> Result<(), ErrorKind> {
    let path = Input::string(path);
    let call = calls::chflags(path.start(), flags.into());
    // SAFETY: as in open().
    unsafe { kernel.short(call, &[path], &mut []) }.map(drop)
}

pub(crate) fn lchflags(kernel: &Handle, path: &CStr, flags: u32) -> Result<(), ErrorKind> {
    let path = Input::string(path);
    let call = calls::lchflags(path.start(), flags.into());
    // SAFETY: as in open().
    unsafe { kernel.short(call, &[path], &mut []) }.map(drop)
}

pub(crate) fn mkfifo(kernel: &Handle, path: &CStr, mode: u32) -> Result<(), ErrorKind> {
    let path = Input::string(path);
    let call = calls::mkfifo(path.start(), mode);
    // SAFETY: as in open().
    unsafe { kernel.short(call, &[path], &mut []) }.map(drop)
}

/// `flags` is `AT_SYMLINK_NOFOLLOW` or nothing.
pub(crate) fn utimens(
    kernel: &Handle,
    path: &CStr,
    times: &[sys::timespec; 2],
    flags: c_int,
) -> Result<(), ErrorKind> {
    let (path, times) = (Input::string(path), Input::new(times));
    let call = calls::utimensat(sys::AT_FDCWD, path.start(), times.start(), flags);
    // SAFETY: the pointers lead to `path`, a C string, and to the two entries that are read.
    unsafe { kernel.short(call, &[path, times], &mut []) }.map(drop)
}

/// `flags` is `ST_WAIT` or `ST_NOWAIT`.
pub(crate) fn statvfs(
    kernel: &Handle,
    path: &CStr,
    flags: c_int,
) -> Result<Box<sys::statvfs>, ErrorKind> {
    let mut statvfs = Box::<sys::statvfs>::default();
    let (path, place) = (Input::string(path), Output::new(&mut *statvfs));
    let call = calls::statvfs1(path.start(), place.start(), flags);
    // SAFETY: the pointers lead to `path`, a C string, and to `place`, one struct statvfs.
    unsafe { kernel.short(call, &[path], &mut [place]) }?;
    Ok(statvfs)
}

/// The working directory of the calling process.
pub(crate) fn getcwd(kernel: &Handle, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
    let buffer = Output::new(buffer);
    let room = buffer.length();
    let call = calls::__getcwd(buffer.start(), room);
    // SAFETY: the only pointer leads to `buffer`, which has `room` bytes.
    let count = unsafe { kernel.short(call, &[], &mut [buffer]) }?;
    Ok(count.count(room))
}

pub(crate) fn sync(kernel: &Handle) -> Result<(), ErrorKind> {
    kernel.plain(calls::sync()).map(drop)
}
