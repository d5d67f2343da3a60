//! Host I/O at 64-bit offsets, whatever the host's `off_t`; interrupted calls are made again, and
//! writes raise no signals.
//!
//! Buffers are the kernel's, and are given as pointers: what is in them is of no concern here.

use std::ffi::{c_int, c_void};
use std::os::fd::RawFd;

use crate::errno::last;
use crate::host::write_signals;
use crate::host::{fdatasync, pread, pread_now, preadv, pwrite, pwritev};
use crate::wait::Parked;

/// Repeats a call for as long as it is interrupted; but not in a dead kernel, which the thread is
/// to leave. Its count, or the host's errno.
fn restart(parked: &Parked, mut call: impl FnMut() -> isize) -> Result<usize, c_int> {
    loop {
        match usize::try_from(call()) {
            Ok(count) => return Ok(count),
            Err(_) => match last() {
                libc::EINTR if !parked.is_dead() => {}
                error => return Err(error),
            },
        }
    }
}

/// Reads until the buffer is full or the file ends; how much, or the host's errno.
///
/// # Safety
///
/// The buffer can be written, and nobody else uses it meanwhile.
pub(crate) unsafe fn read_at(
    parked: &Parked,
    file: RawFd,
    buffer: *mut c_void,
    length: usize,
    offset: i64,
) -> Result<usize, c_int> {
    let mut done = 0;
    while done < length {
        // SAFETY: the rest of the buffer; done is less than its length.
        let count = restart(parked, || unsafe {
            pread(
                file,
                buffer.byte_add(done),
                length - done,
                offset.saturating_add(done as i64),
            )
        })?;
        if count == 0 {
            break;
        }
        done += count;
    }
    Ok(done)
}

/// How a read ended that waits for no disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Now {
    /// The buffer is full.
    Read,
    /// Not all of it is in the host's memory.
    Waits,
    /// The host does not tell.
    Unknown,
}

/// Fills the buffer with what the host has in its memory.
///
/// # Safety
///
/// As for [`read_at`].
pub(crate) unsafe fn read_now(file: RawFd, buffer: *mut c_void, length: usize, offset: i64) -> Now {
    // SAFETY: by the contract of this function.
    match usize::try_from(unsafe { pread_now(file, buffer, length, offset) }) {
        Ok(count) if count == length => Now::Read,
        Ok(_) => Now::Waits,
        Err(_) if last() == libc::EAGAIN => Now::Waits,
        Err(_) => Now::Unknown,
    }
}

/// Writes the whole buffer; the host's errno if that fails.
///
/// # Safety
///
/// The buffer can be read, and nobody writes to it meanwhile.
pub(crate) unsafe fn write_at(
    parked: &Parked,
    file: RawFd,
    buffer: *const c_void,
    length: usize,
    offset: i64,
) -> Result<(), c_int> {
    let mut done = 0;
    while done < length {
        // SAFETY: the rest of the buffer; done is less than its length.
        let write = || unsafe {
            pwrite(
                file,
                buffer.byte_add(done),
                length - done,
                offset.saturating_add(done as i64),
            )
        };
        let count = write_signals::without(|| restart(parked, write))?;
        if count == 0 {
            return Err(libc::EIO);
        }
        done += count;
    }
    Ok(())
}

/// The most buffers that every host takes in one call.
const BUFFERS_MAX: usize = 1024;

fn buffers(count: usize) -> c_int {
    // In range after min().
    count.min(BUFFERS_MAX) as c_int
}

/// Reads once into several buffers, at an offset or at the file's position.
///
/// # Safety
///
/// `count` buffers that can be written, and that nobody else uses meanwhile.
pub(crate) unsafe fn read_vectored(
    parked: &Parked,
    file: RawFd,
    vector: *const libc::iovec,
    count: usize,
    offset: Option<i64>,
) -> Result<usize, c_int> {
    let count = buffers(count);
    // SAFETY: by the contract of this function.
    restart(parked, || unsafe {
        match offset {
            Some(offset) => preadv(file, vector, count, offset),
            None => libc::readv(file, vector, count),
        }
    })
}

/// Writes several buffers once, at an offset or at the file's position.
///
/// # Safety
///
/// `count` buffers that can be read, and that nobody writes to meanwhile.
pub(crate) unsafe fn write_vectored(
    parked: &Parked,
    file: RawFd,
    vector: *const libc::iovec,
    count: usize,
    offset: Option<i64>,
) -> Result<usize, c_int> {
    let count = buffers(count);
    // SAFETY: by the contract of this function.
    let write = || unsafe {
        match offset {
            Some(offset) => pwritev(file, vector, count, offset),
            None => libc::writev(file, vector, count),
        }
    };
    write_signals::without(|| restart(parked, write))
}

/// Makes the data of a file durable. Files that have nothing to be made durable are no error.
pub(crate) fn sync_data(parked: &Parked, file: RawFd) -> Result<(), c_int> {
    // SAFETY: a descriptor of the kernel's, or no descriptor, which is an error.
    match restart(parked, || unsafe { fdatasync(file) } as isize) {
        Ok(_) | Err(libc::EINVAL | libc::EROFS | libc::ENOTSUP) => Ok(()),
        Err(error) => Err(error),
    }
}
