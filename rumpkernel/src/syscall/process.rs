//! System calls about the calling process itself.

use std::ffi::CStr;

use rumpkernel_sys::{SystemCall, calls};

use crate::backend::{Handle, Input, Output};
use crate::{Errno, ErrorKind};

/// The most groups that a user can be in, `NGROUPS_MAX`, as the kernel allows.
const MOST_GROUPS: usize = 16;

pub(crate) fn getpid(kernel: &Handle) -> Result<u32, ErrorKind> {
    Ok(kernel.plain(calls::getpid())?.int().unsigned_abs())
}

pub(crate) fn geteuid(kernel: &Handle) -> Result<u32, ErrorKind> {
    Ok(kernel.plain(calls::geteuid())?.int().cast_unsigned())
}

pub(crate) fn getegid(kernel: &Handle) -> Result<u32, ErrorKind> {
    Ok(kernel.plain(calls::getegid())?.int().cast_unsigned())
}

pub(crate) fn getgroups(kernel: &Handle) -> Result<Vec<u32>, ErrorKind> {
    let mut groups = [0_u32; MOST_GROUPS];
    let place = Output::new(&mut groups);
    let call = calls::getgroups(MOST_GROUPS as i32, place.start());
    // SAFETY: the only pointer leads to `place`, which has room for as many groups as given.
    let count = unsafe { kernel.short(call, &[], &mut [place]) }?;
    Ok(groups[..count.count(MOST_GROUPS)].to_vec())
}

/// More than `NGROUPS_MAX` groups are the kernel's to refuse, `EINVAL`.
pub(crate) fn setgroups(kernel: &Handle, groups: &[u32]) -> Result<(), ErrorKind> {
    let count = i32::try_from(groups.len()).map_err(|_| ErrorKind::Errno(Errno::INVAL))?;
    let groups = Input::new(groups);
    let call = calls::setgroups(count, groups.start());
    // SAFETY: the only pointer leads to `groups`, which are as many as given.
    unsafe { kernel.short(call, &[groups], &mut []) }.map(drop)
}

/// Sets the real, the effective and the saved group.
pub(crate) fn setgid(kernel: &Handle, group: u32) -> Result<(), ErrorKind> {
    kernel.plain(calls::setgid(group)).map(drop)
}

/// Sets the real, the effective and the saved user.
pub(crate) fn setuid(kernel: &Handle, user: u32) -> Result<(), ErrorKind> {
    kernel.plain(calls::setuid(user)).map(drop)
}

/// Returns the umask that was.
pub(crate) fn umask(kernel: &Handle, mask: u32) -> Result<u32, ErrorKind> {
    Ok(kernel.plain(calls::umask(mask))?.int().cast_unsigned())
}

pub(crate) fn chdir(kernel: &Handle, path: &CStr) -> Result<(), ErrorKind> {
    enter(kernel, path, calls::chdir)
}

pub(crate) fn chroot(kernel: &Handle, path: &CStr) -> Result<(), ErrorKind> {
    enter(kernel, path, calls::chroot)
}

fn enter(
    kernel: &Handle,
    path: &CStr,
    call: fn(*const std::ffi::c_char) -> SystemCall,
) -> Result<(), ErrorKind> {
    let path = Input::string(path);
    // SAFETY: the only pointer leads to `path`, a C string.
    unsafe { kernel.short(call(path.start()), &[path], &mut []) }.map(drop)
}
