//! System calls that take paths.

use std::ffi::{CStr, c_int};
use std::sync::Arc;

use rumpkernel_sys as sys;

use super::Descriptor;
use super::descriptor::within;
use crate::ErrorKind;
use crate::calls::Manner;
use crate::gate::Gate;

pub(crate) fn open(
    gate: &Arc<Gate>,
    path: &CStr,
    flags: c_int,
    mode: u32,
) -> Result<Descriptor, ErrorKind> {
    let path = path.as_ptr();
    // SAFETY: `path` is a C string that is borrowed for the call.
    let number = unsafe { gate.syscall(move |k| (k.sys_open)(path, flags, mode)) }?;
    Ok(Descriptor::adopt(gate, number))
}

pub(crate) fn stat(gate: &Arc<Gate>, path: &CStr) -> Result<sys::stat, ErrorKind> {
    let mut stat = sys::stat::default();
    let (path, place) = (path.as_ptr(), &raw mut stat);
    // SAFETY: `path` as in open(); `place` is one writable struct stat.
    unsafe { gate.syscall(move |k| (k.sys_stat)(path, place)) }?;
    Ok(stat)
}

pub(crate) fn lstat(gate: &Arc<Gate>, path: &CStr) -> Result<sys::stat, ErrorKind> {
    let mut stat = sys::stat::default();
    let (path, place) = (path.as_ptr(), &raw mut stat);
    // SAFETY: as in stat().
    unsafe { gate.syscall(move |k| (k.sys_lstat)(path, place)) }?;
    Ok(stat)
}

pub(crate) fn mkdir(gate: &Arc<Gate>, path: &CStr, mode: u32) -> Result<(), ErrorKind> {
    let path = path.as_ptr();
    // SAFETY: as in open().
    unsafe { gate.syscall(move |k| (k.sys_mkdir)(path, mode)) }.map(drop)
}

pub(crate) fn rmdir(gate: &Arc<Gate>, path: &CStr) -> Result<(), ErrorKind> {
    let path = path.as_ptr();
    // SAFETY: as in open().
    unsafe { gate.syscall(move |k| (k.sys_rmdir)(path)) }.map(drop)
}

pub(crate) fn unlink(gate: &Arc<Gate>, path: &CStr) -> Result<(), ErrorKind> {
    let path = path.as_ptr();
    // SAFETY: as in open().
    unsafe { gate.syscall(move |k| (k.sys_unlink)(path)) }.map(drop)
}

pub(crate) fn rename(gate: &Arc<Gate>, from: &CStr, to: &CStr) -> Result<(), ErrorKind> {
    let (from, to) = (from.as_ptr(), to.as_ptr());
    // SAFETY: both as in open().
    unsafe { gate.syscall(move |k| (k.sys_rename)(from, to)) }.map(drop)
}

pub(crate) fn link(gate: &Arc<Gate>, original: &CStr, link: &CStr) -> Result<(), ErrorKind> {
    let (original, link) = (original.as_ptr(), link.as_ptr());
    // SAFETY: both as in open().
    unsafe { gate.syscall(move |k| (k.sys_link)(original, link)) }.map(drop)
}

pub(crate) fn symlink(gate: &Arc<Gate>, target: &CStr, link: &CStr) -> Result<(), ErrorKind> {
    let (target, link) = (target.as_ptr(), link.as_ptr());
    // SAFETY: both as in open().
    unsafe { gate.syscall(move |k| (k.sys_symlink)(target, link)) }.map(drop)
}

pub(crate) fn readlink(
    gate: &Arc<Gate>,
    path: &CStr,
    buffer: &mut [u8],
) -> Result<usize, ErrorKind> {
    let (path, start, length) = (path.as_ptr(), buffer.as_mut_ptr(), buffer.len());
    // SAFETY: `path` as in open(); `buffer` is borrowed and has `length` writable bytes.
    let count = unsafe { gate.syscall(move |k| (k.sys_readlink)(path, start.cast(), length)) }?;
    Ok(within(count, length))
}

pub(crate) fn chmod(gate: &Arc<Gate>, path: &CStr, mode: u32) -> Result<(), ErrorKind> {
    let path = path.as_ptr();
    // SAFETY: as in open().
    unsafe { gate.syscall(move |k| (k.sys_chmod)(path, mode)) }.map(drop)
}

pub(crate) fn chown(gate: &Arc<Gate>, path: &CStr, user: u32, group: u32) -> Result<(), ErrorKind> {
    let path = path.as_ptr();
    // SAFETY: as in open().
    unsafe { gate.syscall(move |k| (k.sys_chown)(path, user, group)) }.map(drop)
}

pub(crate) fn lchown(
    gate: &Arc<Gate>,
    path: &CStr,
    user: u32,
    group: u32,
) -> Result<(), ErrorKind> {
    let path = path.as_ptr();
    // SAFETY: as in open().
    unsafe { gate.syscall(move |k| (k.sys_lchown)(path, user, group)) }.map(drop)
}

pub(crate) fn chflags(gate: &Arc<Gate>, path: &CStr, flags: u32) -> Result<(), ErrorKind> {
    let path = path.as_ptr();
    // SAFETY: as in open().
    unsafe { gate.syscall(move |k| (k.sys_chflags)(path, flags as sys::u_long)) }.map(drop)
}

/// `flags` is `ST_WAIT` or `ST_NOWAIT`.
pub(crate) fn statvfs(
    gate: &Arc<Gate>,
    path: &CStr,
    flags: c_int,
) -> Result<Box<sys::statvfs>, ErrorKind> {
    let mut statvfs = Box::<sys::statvfs>::default();
    let (path, place) = (path.as_ptr(), &raw mut *statvfs);
    // SAFETY: `path` as in open(); `place` is one writable struct statvfs.
    unsafe { gate.syscall(move |k| (k.sys_statvfs1)(path, place, flags)) }?;
    Ok(statvfs)
}

pub(crate) fn sync(gate: &Arc<Gate>) -> Result<(), ErrorKind> {
    // SAFETY: no arguments, and no result.
    unsafe { gate.enter(Manner::Short, |k| (k.sys_sync)()) }
}
