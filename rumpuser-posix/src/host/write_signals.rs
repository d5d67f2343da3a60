//! Writes that fail, rather than raise a signal.
//!
//! A write to a file that has reached the size that the process may give it (`RLIMIT_FSIZE`) raises
//! SIGXFSZ, one to a pipe that nobody reads SIGPIPE. Both end the process by default, and the error
//! number says all that there is to say. They are sent to the thread that writes; so it blocks them
//! for as long as it does, and takes back the one that it has got. What the program does with these
//! signals is its own affair, and stays as it is.

use std::cell::Cell;
use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr;

use crate::errno::last;

const SIGNALS: [(c_int, c_int); 2] = [(libc::SIGXFSZ, libc::EFBIG), (libc::SIGPIPE, libc::EPIPE)];

thread_local! {
    /// Whether the thread has them blocked for good.
    static BLOCKED: Cell<bool> = const { Cell::new(false) };
}

fn set_of(signals: impl Iterator<Item = c_int>) -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: the set is emptied before it is used.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for signal in signals {
            libc::sigaddset(set.as_mut_ptr(), signal);
        }
        set.assume_init()
    }
}

/// Blocks them in the calling thread, which is no thread of the program's and writes much.
pub(crate) fn block_for_good() {
    let set = set_of(SIGNALS.into_iter().map(|(signal, _)| signal));
    // SAFETY: the set is right.
    unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &set, ptr::null_mut()) };
    BLOCKED.set(true);
}

/// Calls `write` with the signals blocked; it leaves errno as a failed system call sets it.
pub(crate) fn without<R>(write: impl FnOnce() -> R) -> R {
    if BLOCKED.get() {
        return write();
    }
    let set = set_of(SIGNALS.into_iter().map(|(signal, _)| signal));
    let mut before = MaybeUninit::uninit();
    // SAFETY: the set is right, and the place for the mask until now.
    if unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &set, before.as_mut_ptr()) } != 0 {
        return write();
    }
    ::errno::set_errno(::errno::Errno(0));
    let result = write();
    let error = last();
    if let Some((signal, _)) = SIGNALS.into_iter().find(|&(_, number)| number == error) {
        take_back(signal);
    }
    // SAFETY: written, for the first call succeeded.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut()) };
    ::errno::set_errno(::errno::Errno(error));
    result
}

/// Takes the signal that the calling thread has got and blocks.
fn take_back(signal: c_int) {
    let mut pending = MaybeUninit::uninit();
    let mut taken = 0;
    // SAFETY: the places are right; the set is read when the call has written it. There is no wait
    // for a signal that is there.
    unsafe {
        if libc::sigpending(pending.as_mut_ptr()) == 0
            && libc::sigismember(pending.as_ptr(), signal) == 1
        {
            libc::sigwait(&set_of([signal].into_iter()), &mut taken);
        }
    }
}
