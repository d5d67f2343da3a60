//! The kernel's variables, sysctl(7), by name.

use std::ffi::c_int;
use std::ptr;

use rumpkernel_sys::{self as sys, calls};

use crate::backend::{Handle, Input, Output};
use crate::{Errno, ErrorKind};

/// More variables than any node of the tree has, at first.
const ROOM: usize = 64;

pub(crate) fn get(kernel: &Handle, name: &str) -> Result<i32, ErrorKind> {
    integer(kernel, &find(kernel, name)?)
}

/// Returns the value of a variable whose name is given in numbers, sysctl(3).
pub(crate) fn integer(kernel: &Handle, name: &[c_int]) -> Result<i32, ErrorKind> {
    let (mut value, mut length) = (0_i32, 0);
    sysctl(
        kernel,
        name,
        Some(Output::new(&mut value)),
        &mut length,
        None,
    )?;
    if length != size_of::<i32>() {
        return Err(ErrorKind::Errno(Errno::INVAL));
    }
    Ok(value)
}

/// The kernel refuses a value of another size than the variable's.
pub(crate) fn set(kernel: &Handle, name: &str, value: i32) -> Result<(), ErrorKind> {
    let name = find(kernel, name)?;
    sysctl(kernel, &name, None, &mut 0, Some(Input::new(&value)))
}

/// Returns the bytes that the kernel writes for a name of numbers, sysctl(3).
#[cfg(feature = "shmif")]
pub(crate) fn read(kernel: &Handle, name: &[c_int]) -> Result<Vec<u8>, ErrorKind> {
    let mut bytes = vec![0_u8; 4096];
    let mut length = 0;
    sysctl(
        kernel,
        name,
        Some(Output::new(&mut *bytes)),
        &mut length,
        None,
    )?;
    bytes.truncate(length);
    Ok(bytes)
}

/// __sysctl(2). `length` is set to the size of the old value, which may be more than there is room
/// for: that is `ENOMEM`.
fn sysctl(
    kernel: &Handle,
    name: &[c_int],
    old: Option<Output<'_>>,
    length: &mut usize,
    new: Option<Input<'_>>,
) -> Result<(), ErrorKind> {
    let name = Input::new(name);
    *length = old.as_ref().map_or(0, Output::length);
    let (start, size) = match &new {
        Some(new) => (new.start(), new.length()),
        None => (ptr::null(), 0),
    };
    let place = Output::new(length);
    let (room, filled) = match &old {
        Some(old) => (old.start(), place.start()),
        None => (ptr::null_mut(), ptr::null_mut()),
    };
    let count = (name.length() / size_of::<c_int>()) as u32;
    let call = calls::__sysctl(name.start(), count, room, filled, start, size);
    let inputs = [Some(name), new];
    let outputs = [old, Some(place)];
    // SAFETY: the pointers lead to the name, to the old value, of whose room the size is in
    // `place`, and to the new value, of which the size is given; or nowhere.
    unsafe {
        kernel.short(
            call,
            &inputs.into_iter().flatten().collect::<Vec<_>>(),
            &mut outputs.into_iter().flatten().collect::<Vec<_>>(),
        )
    }
    .map(drop)
}

/// The numbers that a name such as `net.inet.ip.forwarding` stands for.
fn find(kernel: &Handle, name: &str) -> Result<Vec<c_int>, ErrorKind> {
    let mut numbers = Vec::new();
    for part in name.split('.') {
        let nodes = children(kernel, &numbers)?;
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
fn children(kernel: &Handle, node: &[c_int]) -> Result<Vec<sys::sysctlnode>, ErrorKind> {
    let mut name = node.to_vec();
    name.push(sys::CTL_QUERY);
    let query = sys::sysctlnode {
        sysctl_flags: sys::SYSCTL_VERS_1 as u32,
        ..Default::default()
    };
    let size = size_of::<sys::sysctlnode>();
    let mut room = ROOM;
    loop {
        let mut nodes: Vec<sys::sysctlnode> = Vec::new();
        nodes.resize_with(room, Default::default);
        let mut length = 0;
        let (places, query) = (Output::new(&mut *nodes), Input::new(&query));
        match sysctl(kernel, &name, Some(places), &mut length, Some(query)) {
            Err(ErrorKind::Errno(Errno::NOMEM)) if length > size * room => {
                room = length.div_ceil(size);
            }
            Err(error) => return Err(error),
            Ok(()) => {
                nodes.truncate(length / size);
                return Ok(nodes);
            }
        }
    }
}
