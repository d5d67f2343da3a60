//! What a kernel can reach by numbers: its own files, and none of the program's.

use std::ffi::{CString, c_int};
use std::fs::{File, Metadata, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;
use std::time::Duration;

use crate::disks::transfer;
use crate::kernel::*;

unsafe extern "C" {
    fn rumpuser_syncfd(descriptor: c_int, flags: c_int, start: u64, length: u64) -> c_int;
}

/// NetBSD's number.
const EBADF: c_int = 9;
const SYNC_WRITE: c_int = 2;

#[test]
fn descriptors_of_the_programs_are_unknown() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"the program's").unwrap();
    let instance = boot();
    let ours = file.as_file().as_raw_fd();
    for number in [ours, -1, c_int::MIN, c_int::MAX] {
        let mut bytes = *b"damaged";
        let vector = libc::iovec {
            iov_base: bytes.as_mut_ptr().cast(),
            iov_len: bytes.len(),
        };
        let vector = &raw const vector;
        let calls = || {
            let mut done = 0;
            // SAFETY: all places are right.
            unsafe {
                [
                    rumpuser_iovread(number, vector, 1, 0, &mut done),
                    rumpuser_iovwrite(number, vector, 1, 0, &mut done),
                    rumpuser_syncfd(number, SYNC_WRITE, 0, 0),
                    rumpuser_close(number),
                ]
            }
        };
        // SAFETY: calls() keeps the rule.
        let answers = unsafe { instance.enter(calls) }.unwrap();
        assert_eq!(answers, [EBADF; 4], "{number}");
        for operation in [BIO_READ, BIO_WRITE] {
            let result = transfer(&instance, number, operation, &mut bytes, 0);
            assert_eq!(result, (0, EBADF), "{number} {operation}");
        }
        assert_eq!(&bytes, b"damaged");
    }
    let mut content = String::new();
    file.reopen().unwrap().read_to_string(&mut content).unwrap();
    assert_eq!(content, "the program's");
    file.write_all(b" still").unwrap();
}

#[test]
fn a_number_that_is_closed_in_a_transfer_is_not_another_files() {
    static READING: AtomicI32 = AtomicI32::new(-1);
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    let path = CString::new(pipe.as_os_str().as_bytes()).unwrap();
    // SAFETY: the path is a string.
    assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
    let instance = boot();
    let reader = Arc::clone(&instance);
    let reader = thread::spawn(move || {
        let path = &path;
        let mut byte = 0_u8;
        let place = (&raw mut byte).cast();
        let read = || {
            let (mut descriptor, mut done) = (0, 0);
            let vector = libc::iovec {
                iov_base: place,
                iov_len: 1,
            };
            // SAFETY: all places are right.
            unsafe {
                // Both ends, so that the pipe has a writer.
                assert_eq!(rumpuser_open(path.as_ptr(), 2, &mut descriptor), 0);
                READING.store(descriptor, Ordering::SeqCst);
                rumpuser_iovread(descriptor, &vector, 1, NO_OFFSET, &mut done)
            }
        };
        // SAFETY: the closure holds plain values.
        let answer = unsafe { reader.enter(read) }.unwrap();
        (answer, byte)
    });
    let number = loop {
        match READING.load(Ordering::SeqCst) {
            -1 => thread::yield_now(),
            number => break number,
        }
    };
    // It waits for the pipe by then.
    thread::sleep(Duration::from_millis(50));
    // SAFETY: no conditions.
    let close = || unsafe { rumpuser_close(number) };
    // SAFETY: close() keeps the rule.
    let closed = || unsafe { instance.enter(close) }.unwrap();
    assert_eq!([closed(), closed()], [0, EBADF]);
    // SAFETY: that it is still open is the point; if it is not, the host says so.
    let held = unsafe { BorrowedFd::borrow_raw(number) };
    let held = File::from(held.try_clone_to_owned().unwrap());
    let identity = |status: Metadata| (status.dev(), status.ino());
    assert_eq!(
        identity(held.metadata().unwrap()),
        identity(pipe.metadata().unwrap())
    );
    let mut writer = OpenOptions::new().write(true).open(&pipe).unwrap();
    writer.write_all(b"x").unwrap();
    assert_eq!(reader.join().unwrap(), (0, b'x'));
}
