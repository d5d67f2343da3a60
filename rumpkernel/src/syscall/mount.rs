//! System calls that mount, and the kernel's register of host disks.

use std::ffi::{CStr, c_int, c_void};
use std::sync::Arc;

use rumpkernel_sys as sys;

use crate::ErrorKind;
use crate::calls::Manner;
use crate::gate::{Gate, check};

/// # Safety
///
/// `arguments` is the argument structure of the file system `kind`, of `length` bytes, and the
/// pointers in it are valid for the call; or null with length 0.
pub(crate) unsafe fn mount(
    gate: &Arc<Gate>,
    kind: &CStr,
    path: &CStr,
    flags: c_int,
    arguments: *mut c_void,
    length: usize,
) -> Result<(), ErrorKind> {
    let (kind, path) = (kind.as_ptr(), path.as_ptr());
    // SAFETY: `kind` and `path` are C strings that are borrowed for the call; the rest: caller.
    unsafe { gate.syscall(move |k| (k.sys_mount)(kind, path, flags, arguments, length)) }.map(drop)
}

pub(crate) fn unmount(gate: &Arc<Gate>, path: &CStr, flags: c_int) -> Result<(), ErrorKind> {
    let path = path.as_ptr();
    // SAFETY: `path` is a C string that is borrowed for the call.
    unsafe { gate.lone_syscall(move |k| (k.sys_unmount)(path, flags)) }.map(drop)
}

/// Makes the host's disk `host` the block device `node`.
pub(crate) fn register_disk(
    gate: &Arc<Gate>,
    node: &CStr,
    host: &CStr,
    size: u64,
) -> Result<(), ErrorKind> {
    let (node, host) = (node.as_ptr(), host.as_ptr());
    // SAFETY: both are C strings that are borrowed for the call; the kernel copies them.
    check(unsafe {
        gate.enter(Manner::Short, move |k| {
            (k.etfs_register_withsize)(node, host, sys::RUMP_ETFS_BLK, 0, size)
        })
    }?)
}

/// Takes the block device `node` away. It must not be mounted any more.
pub(crate) fn remove_disk(gate: &Arc<Gate>, node: &CStr) -> Result<(), ErrorKind> {
    let node = node.as_ptr();
    // SAFETY: as in register_disk().
    check(unsafe { gate.enter(Manner::Short, move |k| (k.etfs_remove)(node)) }?)
}
