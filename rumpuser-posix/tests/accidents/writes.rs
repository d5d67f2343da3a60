//! Writes that the host refuses with a signal fail, and no signal is left of them.

use std::ffi::{CString, c_int, c_void};
use std::fs::OpenOptions;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;

use rumpuser_posix::Instance;

use crate::kernel::{
    BIO_WRITE, NO_OFFSET, OPEN_READ_WRITE_BIO, rumpuser_bio, rumpuser_iovwrite, rumpuser_open,
};
use crate::scene::{Scenes, succeeds};
use crate::stand_in::boot;

pub(crate) const SCENES: Scenes = &[("writes_that_fail", writes_that_fail)];

/// Where the process may not have anything in a file.
const BEYOND: i64 = 1 << 20;
static BYTE: u8 = 1;
const EFBIG: c_int = 27;
const EPIPE: c_int = 32;

unsafe extern "C" fn note_error(place: *mut c_void, _: usize, error: c_int) {
    // SAFETY: the test passes an atomic that stays.
    unsafe { (*place.cast::<AtomicI32>()).store(error, Ordering::SeqCst) };
}

/// The error of a write of one byte.
fn write_at(instance: &Instance, descriptor: c_int, offset: i64) -> c_int {
    let vector = libc::iovec {
        iov_base: (&raw const BYTE).cast_mut().cast(),
        iov_len: 1,
    };
    let (mut done, vector) = (0, &raw const vector);
    let done = &raw mut done;
    // SAFETY: the places are right.
    unsafe { instance.enter(|| rumpuser_iovwrite(descriptor, vector, 1, offset, done)) }.unwrap()
}

fn writes_that_fail() {
    static ERROR: AtomicI32 = AtomicI32::new(-1);
    let folder = tempfile::tempdir().unwrap();
    let limit = libc::rlimit {
        rlim_cur: BEYOND.cast_unsigned() as libc::rlim_t,
        rlim_max: BEYOND.cast_unsigned() as libc::rlim_t,
    };
    // SAFETY: no handlers; the limit is right.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_DFL);
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &limit), 0);
    }
    let instance = boot();
    let open = |name: &str, flags| {
        let path = folder.path().join(name);
        let path = CString::new(path.as_os_str().as_bytes()).unwrap();
        let (path, mut descriptor) = (path.as_ptr(), 0);
        let place = &raw mut descriptor;
        // SAFETY: path and place are right.
        let status = unsafe { instance.enter(|| rumpuser_open(path, flags, place)) };
        assert_eq!(status.unwrap(), 0);
        descriptor
    };
    std::fs::write(folder.path().join("file"), "contents").unwrap();
    let file = open("file", OPEN_READ_WRITE_BIO);
    assert_eq!(write_at(&instance, file, BEYOND), EFBIG);
    let write = || {
        let (data, note) = ((&raw const BYTE).cast_mut().cast(), &raw const ERROR);
        // SAFETY: the buffer is right, and what note_error() gets.
        unsafe {
            rumpuser_bio(
                file,
                BIO_WRITE,
                data,
                1,
                BEYOND,
                note_error,
                note.cast_mut().cast(),
            )
        }
    };
    // SAFETY: the closure holds plain values.
    unsafe { instance.enter(write) }.unwrap();
    while ERROR.load(Ordering::SeqCst) == -1 {
        thread::yield_now();
    }
    assert_eq!(ERROR.load(Ordering::SeqCst), EFBIG);
    let pipe = folder.path().join("pipe");
    let path = CString::new(pipe.as_os_str().as_bytes()).unwrap();
    // SAFETY: the path is a string.
    assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
    let reader = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(pipe)
        .unwrap();
    let pipe = open("pipe", 1);
    drop(reader);
    assert_eq!(write_at(&instance, pipe, NO_OFFSET), EPIPE);
    // The program is as it was.
    // SAFETY: the sets are there to be written, then read.
    unsafe {
        let (mut mask, mut pending) = (std::mem::zeroed(), std::mem::zeroed());
        libc::pthread_sigmask(libc::SIG_BLOCK, ptr::null(), &mut mask);
        libc::sigpending(&mut pending);
        for signal in [libc::SIGXFSZ, libc::SIGPIPE] {
            assert_eq!(libc::sigismember(&mask, signal), 0);
            assert_eq!(libc::sigismember(&pending, signal), 0);
        }
    }
}

#[test]
fn a_write_that_fails_raises_no_signal() {
    succeeds("writes_that_fail");
}
