//! Transfers between memory and what a kernel has open: a file of the host's, or a disk that the
//! program answers for.
//!
//! Buffers are the kernel's, and are given as pointers; `Err` is the host's errno.

use std::ffi::{c_int, c_void};
use std::slice;

use super::Image;
use crate::state::descriptor::{Open, Target};
use crate::state::io::{self, Now};
use crate::wait::Parked;

/// Reads until the buffer is full or the file ends. Returns how much.
///
/// # Safety
///
/// The buffer is the kernel's memory, which can be written, and nobody else uses it meanwhile.
pub(crate) unsafe fn read_at(
    parked: &Parked,
    open: &Open,
    buffer: *mut c_void,
    length: usize,
    offset: i64,
) -> Result<usize, c_int> {
    match open.target() {
        // SAFETY: passed on to the caller.
        Target::File(file, start) => unsafe {
            io::read_at(parked, file, buffer, length, offset.saturating_add(start))
        },
        // SAFETY: passed on to the caller.
        Target::Disk(image) => unsafe { read(image, buffer, length, offset) },
    }
}

/// Fills the buffer with what can be had without waiting for a disk.
///
/// # Safety
///
/// As for [`read_at`].
pub(crate) unsafe fn read_now(open: &Open, buffer: *mut c_void, length: usize, offset: i64) -> Now {
    match open.target() {
        // SAFETY: passed on to the caller.
        Target::File(file, start) => unsafe {
            io::read_now(file, buffer, length, offset.saturating_add(start))
        },
        Target::Disk(image) => match image.ask(|disk| Ok(disk.is_memory())) {
            Ok(true) => Now::Unknown,
            Ok(false) | Err(_) => Now::Waits,
        },
    }
}

/// Writes the whole buffer.
///
/// # Safety
///
/// The buffer is the kernel's memory, which can be read, and nobody writes to it meanwhile.
pub(crate) unsafe fn write_at(
    parked: &Parked,
    open: &Open,
    buffer: *const c_void,
    length: usize,
    offset: i64,
) -> Result<(), c_int> {
    match open.target() {
        // SAFETY: passed on to the caller.
        Target::File(file, start) => unsafe {
            io::write_at(parked, file, buffer, length, offset.saturating_add(start))
        },
        // SAFETY: passed on to the caller.
        Target::Disk(image) => unsafe { write(image, buffer, length, offset) }.map(drop),
    }
}

/// Reads once into several buffers, at an offset or at the file's position.
///
/// # Safety
///
/// `count` buffers, each as for [`read_at`].
pub(crate) unsafe fn read_vectored(
    parked: &Parked,
    open: &Open,
    vector: *const libc::iovec,
    count: usize,
    offset: Option<i64>,
) -> Result<usize, c_int> {
    match open.target() {
        Target::File(file, start) => {
            let offset = offset.map(|offset| offset.saturating_add(start));
            // SAFETY: passed on to the caller.
            unsafe { io::read_vectored(parked, file, vector, count, offset) }
        }
        // SAFETY: passed on to the caller.
        Target::Disk(image) => unsafe {
            each(vector, count, offset, |buffer, length, offset| {
                read(image, buffer, length, offset)
            })
        },
    }
}

/// Writes several buffers once, at an offset or at the file's position.
///
/// # Safety
///
/// `count` buffers, each as for [`write_at`].
pub(crate) unsafe fn write_vectored(
    parked: &Parked,
    open: &Open,
    vector: *const libc::iovec,
    count: usize,
    offset: Option<i64>,
) -> Result<usize, c_int> {
    match open.target() {
        Target::File(file, start) => {
            let offset = offset.map(|offset| offset.saturating_add(start));
            // SAFETY: passed on to the caller.
            unsafe { io::write_vectored(parked, file, vector, count, offset) }
        }
        // SAFETY: passed on to the caller.
        Target::Disk(image) => unsafe {
            each(vector, count, offset, |buffer, length, offset| {
                write(image, buffer, length, offset)
            })
        },
    }
}

/// Makes transfers one after the other, and returns how many bytes they had. A disk has no
/// position.
///
/// # Safety
///
/// `vector` has `count` elements.
unsafe fn each(
    vector: *const libc::iovec,
    count: usize,
    offset: Option<i64>,
    mut transfer: impl FnMut(*mut c_void, usize, i64) -> Result<usize, c_int>,
) -> Result<usize, c_int> {
    let mut offset = offset.ok_or(libc::ESPIPE)?;
    let mut done = 0;
    for index in 0..count {
        // SAFETY: below the count.
        let libc::iovec { iov_base, iov_len } = unsafe { *vector.add(index) };
        done += transfer(iov_base, iov_len, offset)?;
        offset = offset.saturating_add_unsigned(iov_len as u64);
    }
    Ok(done)
}

/// The place of a transfer, if it lies within the disk.
fn place(image: &Image, length: usize, offset: i64) -> Result<u64, c_int> {
    let start = u64::try_from(offset).map_err(|_| libc::EINVAL)?;
    let end = start.checked_add(length as u64);
    match end.is_some_and(|end| end <= image.size) {
        true => Ok(start),
        false => Err(libc::EIO),
    }
}

/// # Safety
///
/// As for [`read_at`].
unsafe fn read(
    image: &Image,
    buffer: *mut c_void,
    length: usize,
    offset: i64,
) -> Result<usize, c_int> {
    let place = place(image, length, offset)?;
    if length > 0 {
        // SAFETY: the caller's buffer; all memory of a kernel is initialised when it gets it.
        let buffer = unsafe { slice::from_raw_parts_mut(buffer.cast::<u8>(), length) };
        image.ask(|disk| disk.read(buffer, place))?;
    }
    Ok(length)
}

/// # Safety
///
/// As for [`write_at`].
unsafe fn write(
    image: &Image,
    buffer: *const c_void,
    length: usize,
    offset: i64,
) -> Result<usize, c_int> {
    let place = place(image, length, offset)?;
    if length > 0 {
        // SAFETY: the caller's buffer; all memory of a kernel is initialised when it gets it.
        let bytes = unsafe { slice::from_raw_parts(buffer.cast::<u8>(), length) };
        image.ask(|disk| disk.write(bytes, place))?;
    }
    Ok(length)
}
