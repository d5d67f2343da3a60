//! TCP over the kernel's loopback interface, between two threads of the program.

use std::ffi::c_int;
use std::mem::size_of_val;
use std::thread;

use rumpkernel_sys::{
    AF_INET, IPPROTO_TCP, LINKED, SOCK_STREAM, TCP_NODELAY, in_addr, sockaddr_in,
};

use crate::kernel::{self, check};
use crate::timing::{Kind, measure_as};
use crate::{Request, Sample};

/// How much is written at once.
const BULK: usize = 65536;
const PORT: u16 = 7777;

pub(crate) fn run(request: &Request) -> Result<Sample, String> {
    let (near, far) = pair()?;
    let process = kernel::process();
    let is_stream = request.operation == "tcp-stream";
    thread::spawn(move || {
        // The process ends while the peer waits: its errors tell nothing.
        let _ = kernel::join(process).and_then(|()| if is_stream { drain(far) } else { echo(far) });
    });
    measure_as(Kind::Waiting, 1, request.duration, |_| {
        kernel::join(process)?;
        let mut buffer = vec![1; if is_stream { BULK } else { 1 }];
        Ok(move || {
            write(near, &buffer)?;
            if !is_stream {
                read(near, &mut buffer)?;
            }
            Ok(true)
        })
    })
}

fn drain(socket: c_int) -> Result<(), String> {
    let mut buffer = vec![0; BULK];
    while read(socket, &mut buffer)? > 0 {}
    Ok(())
}

fn echo(socket: c_int) -> Result<(), String> {
    let mut byte = [0];
    while read(socket, &mut byte)? > 0 {
        write(socket, &byte)?;
    }
    Ok(())
}

fn write(socket: c_int, buffer: &[u8]) -> Result<(), String> {
    // SAFETY: the buffer's memory.
    let written = unsafe { (LINKED.sys_write)(socket, buffer.as_ptr().cast(), buffer.len()) };
    check("write", written == buffer.len() as isize)
}

fn read(socket: c_int, buffer: &mut [u8]) -> Result<usize, String> {
    // SAFETY: the buffer's memory.
    let read = unsafe { (LINKED.sys_read)(socket, buffer.as_mut_ptr().cast(), buffer.len()) };
    check("read", read >= 0)?;
    Ok(read as usize)
}

/// Two sockets that are connected to each other.
fn pair() -> Result<(c_int, c_int), String> {
    let address = sockaddr_in {
        sin_len: size_of::<sockaddr_in>() as u8,
        sin_family: AF_INET as _,
        sin_port: PORT.to_be(),
        sin_addr: in_addr {
            s_addr: u32::from_ne_bytes([127, 0, 0, 1]),
        },
        ..sockaddr_in::default()
    };
    let (name, size) = ((&raw const address).cast(), size_of_val(&address) as u32);
    let (listener, near) = (socket()?, socket()?);
    // SAFETY: an address and its size; the peer's address is not asked for.
    unsafe {
        check("bind", (LINKED.sys_bind)(listener, name, size) == 0)?;
        check("listen", (LINKED.sys_listen)(listener, 1) == 0)?;
        check("connect", (LINKED.sys_connect)(near, name, size) == 0)?;
        let far = (LINKED.sys_accept)(listener, std::ptr::null_mut(), std::ptr::null_mut());
        check("accept", far >= 0)?;
        no_delay(near)?;
        no_delay(far)?;
        Ok((near, far))
    }
}

fn socket() -> Result<c_int, String> {
    // SAFETY: no memory is passed.
    let socket = unsafe { (LINKED.sys_socket)(AF_INET, SOCK_STREAM, 0) };
    check("socket", socket >= 0)?;
    Ok(socket)
}

fn no_delay(socket: c_int) -> Result<(), String> {
    let yes: c_int = 1;
    let (value, size) = ((&raw const yes).cast(), size_of_val(&yes) as u32);
    // SAFETY: a value and its size.
    let result = unsafe { (LINKED.sys_setsockopt)(socket, IPPROTO_TCP, TCP_NODELAY, value, size) };
    check("setsockopt", result == 0)
}
