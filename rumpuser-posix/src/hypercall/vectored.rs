//! `rumpuser_iovread`, `rumpuser_iovwrite`: reading and writing host files.
//!
//! Both give up the virtual CPU. Offset -1 means the file's position; the count may be smaller than
//! what was asked for, as with readv(2).

use std::ffi::c_int;

use crate::device::Node;
use crate::errno::from_host;
use crate::instance::{Instance, Out, Vector, caller};
use crate::state::disk::transfer;
use crate::state::fault::Fault;

const NO_OFFSET: i64 = -1;

fn offset(offset: i64) -> Option<i64> {
    (offset != NO_OFFSET).then_some(offset)
}

/// Stores a count, or gives NetBSD's number.
fn report(result: Result<usize, c_int>, place: Out<usize>) -> c_int {
    match result {
        Ok(count) => {
            place.set(count);
            0
        }
        Err(error) => from_host(error),
    }
}

/// Reads from a file of the host's.
fn read(
    instance: &Instance,
    number: c_int,
    vector: Vector,
    count: usize,
    offset: Option<i64>,
) -> Result<usize, c_int> {
    let file = instance.descriptors.find(number)?;
    if instance.faults().strikes(Fault::Read) {
        return Err(libc::EIO);
    }
    if instance.faults().strikes(Fault::ShortRead) {
        return Ok(0);
    }
    let vector = vector.address();
    // SAFETY: the kernel's buffers, to be written; its structure is laid out like the host's.
    unsafe { transfer::read_vectored(&instance.parked, &file, vector, count, offset) }
}

/// Writes to a file of the host's.
fn write(
    instance: &Instance,
    number: c_int,
    vector: Vector,
    count: usize,
    offset: Option<i64>,
) -> Result<usize, c_int> {
    let file = instance.descriptors.find(number)?;
    let result = if instance.faults().strikes(Fault::Write) {
        Err(libc::EIO)
    } else {
        let vector = vector.address();
        // SAFETY: the kernel's buffers, to be read.
        unsafe { transfer::write_vectored(&instance.parked, &file, vector, count, offset) }
    };
    if let Some(image) = file.image() {
        instance.written(image, result.map(drop))?;
    }
    result
}

/// Reads into `count` buffers.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_iovread(
    number: c_int,
    vector: Vector,
    count: usize,
    position: i64,
    done: Out<usize>,
) -> c_int {
    let instance = &*caller();
    let result = match Node::numbered(number) {
        Some(node) => node.transfer(instance, true, vector, count),
        None => instance.unscheduled(|| read(instance, number, vector, count, offset(position))),
    };
    report(result, done)
}

/// Writes `count` buffers.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_iovwrite(
    number: c_int,
    vector: Vector,
    count: usize,
    position: i64,
    done: Out<usize>,
) -> c_int {
    let instance = &*caller();
    let result = match Node::numbered(number) {
        Some(node) => node.transfer(instance, false, vector, count),
        None => instance.unscheduled(|| write(instance, number, vector, count, offset(position))),
    };
    report(result, done)
}
