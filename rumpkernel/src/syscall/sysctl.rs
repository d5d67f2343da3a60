//! The kernel's variables, sysctl(7), by name.

use std::ffi::{c_int, c_uint};
use std::ptr;
use std::sync::Arc;

use rumpkernel_sys as sys;

use crate::gate::Gate;
use crate::{Errno, ErrorKind};

/// More variables than any node of the tree has, at first.
const ROOM: usize = 64;

pub(crate) fn get(gate: &Arc<Gate>, name: &str) -> Result<i32, ErrorKind> {
    let name = find(gate, name)?;
    let (start, count) = (name.as_ptr(), name.len() as c_uint);
    let (mut value, mut length) = (0_i32, size_of::<i32>());
    let (place, size) = ((&raw mut value).cast(), &raw mut length);
    // SAFETY: the name is borrowed for the call; `place` has the room that `size` says.
    unsafe { gate.syscall(move |k| (k.sys___sysctl)(start, count, place, size, ptr::null(), 0)) }?;
    if length != size_of::<i32>() {
        return Err(ErrorKind::Errno(Errno::INVAL));
    }
    Ok(value)
}

pub(crate) fn set(gate: &Arc<Gate>, name: &str, value: i32) -> Result<(), ErrorKind> {
    let name = find(gate, name)?;
    let (start, count) = (name.as_ptr(), name.len() as c_uint);
    let (place, size) = ((&raw const value).cast(), size_of::<i32>());
    let (none, no_length) = (ptr::null_mut(), ptr::null_mut());
    // SAFETY: the name is borrowed for the call, and `place` is a number of this size. The kernel
    // refuses another size than the variable's.
    unsafe { gate.syscall(move |k| (k.sys___sysctl)(start, count, none, no_length, place, size)) }
        .map(drop)
}

/// Returns the bytes that the kernel writes for a name of numbers, sysctl(3).
#[cfg(feature = "shmif")]
pub(crate) fn read(gate: &Arc<Gate>, name: &[c_int]) -> Result<Vec<u8>, ErrorKind> {
    let (start, count) = (name.as_ptr(), name.len() as c_uint);
    let mut bytes = vec![0_u8; 4096];
    let mut length = bytes.len();
    let (place, size) = (bytes.as_mut_ptr().cast(), &raw mut length);
    // SAFETY: the name is borrowed for the call; `place` has the room that `size` says.
    unsafe { gate.syscall(move |k| (k.sys___sysctl)(start, count, place, size, ptr::null(), 0)) }?;
    bytes.truncate(length);
    Ok(bytes)
}

/// The numbers that a name such as `net.inet.ip.forwarding` stands for.
fn find(gate: &Arc<Gate>, name: &str) -> Result<Vec<c_int>, ErrorKind> {
    let mut numbers = Vec::new();
    for part in name.split('.') {
        let nodes = children(gate, &numbers)?;
        let node = nodes.iter().find(|node| is_called(node, part));
        numbers.push(node.ok_or(ErrorKind::Errno(Errno::NOENT))?.sysctl_num);
    }
    Ok(numbers)
}

fn is_called(node: &sys::sysctlnode, name: &str) -> bool {
    let chars = node.sysctl_name.iter().map(|&char| char as u8);
    chars.take_while(|&byte| byte != 0).eq(name.bytes())
}

/// Lists the nodes below a node.
fn children(gate: &Arc<Gate>, node: &[c_int]) -> Result<Vec<sys::sysctlnode>, ErrorKind> {
    let mut name = node.to_vec();
    name.push(sys::CTL_QUERY);
    let (start, count) = (name.as_ptr(), name.len() as c_uint);
    let query = sys::sysctlnode {
        sysctl_flags: sys::SYSCTL_VERS_1 as u32,
        ..Default::default()
    };
    let (query, size) = ((&raw const query).cast(), size_of::<sys::sysctlnode>());
    let mut room = ROOM;
    loop {
        let mut nodes: Vec<sys::sysctlnode> = Vec::new();
        nodes.resize_with(room, Default::default);
        let mut length = size * room;
        let (place, filled) = (nodes.as_mut_ptr().cast(), &raw mut length);
        // SAFETY: name and query are borrowed for the call; `place` has the room that `filled`
        // says.
        let result = unsafe {
            gate.syscall(move |k| (k.sys___sysctl)(start, count, place, filled, query, size))
        };
        match result {
            Err(ErrorKind::Errno(Errno::NOMEM)) if length > size * room => {
                room = length.div_ceil(size);
            }
            Err(error) => return Err(error),
            Ok(_) => {
                nodes.truncate(length / size);
                return Ok(nodes);
            }
        }
    }
}
