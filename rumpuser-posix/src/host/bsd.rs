//! The BSDs: FreeBSD, DragonFly, NetBSD and OpenBSD. This has been compiled, and never run.

use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::ops::Range;
#[cfg(not(target_os = "openbsd"))]
use std::ptr;

pub(crate) use libc::{fsync as fdatasync, pread, preadv, pwrite, pwritev};

pub(crate) use super::without::{
    barrier_in_all_threads, file_that_holds, populate, pread_now, register_barrier, spare_signals,
};
#[cfg(feature = "instances")]
pub(crate) use super::without::{file_in_memory, seal};

/// See pthread_setname_np(3).
#[cfg(target_os = "netbsd")]
pub(crate) fn name_thread(name: &CStr) {
    // SAFETY: a format for one string, and that string, which is not written to.
    unsafe {
        libc::pthread_setname_np(
            libc::pthread_self(),
            c"%s".as_ptr(),
            name.as_ptr().cast_mut().cast(),
        );
    }
}

/// See pthread_set_name_np(3).
#[cfg(not(target_os = "netbsd"))]
pub(crate) fn name_thread(name: &CStr) {
    // SAFETY: the calling thread, and a string.
    unsafe { libc::pthread_set_name_np(libc::pthread_self(), name.as_ptr()) };
}

/// See pthread_stackseg_np(3), which tells the upper end.
#[cfg(target_os = "openbsd")]
pub(crate) fn stack() -> Option<Range<usize>> {
    let mut stack: MaybeUninit<libc::stack_t> = MaybeUninit::uninit();
    // SAFETY: the calling thread, and a place for the answer.
    let told = unsafe { libc::pthread_stackseg_np(libc::pthread_self(), stack.as_mut_ptr()) } == 0;
    told.then(|| {
        // SAFETY: written, for the call succeeded.
        let stack = unsafe { stack.assume_init() };
        let end = stack.ss_sp.addr();
        end.saturating_sub(stack.ss_size)..end
    })
}

/// See pthread_attr_get_np(3), which wants attributes that are there.
#[cfg(not(target_os = "openbsd"))]
pub(crate) fn stack() -> Option<Range<usize>> {
    let mut attributes = MaybeUninit::uninit();
    let (mut start, mut size) = (ptr::null_mut(), 0);
    // SAFETY: the places are right; the attributes are there when the first call succeeds.
    let told = unsafe {
        libc::pthread_attr_init(attributes.as_mut_ptr()) == 0 && {
            let told = libc::pthread_attr_get_np(libc::pthread_self(), attributes.as_mut_ptr())
                == 0
                && libc::pthread_attr_getstack(attributes.as_ptr(), &mut start, &mut size) == 0;
            libc::pthread_attr_destroy(attributes.as_mut_ptr());
            told
        }
    };
    told.then(|| start.addr()..start.addr() + size)
}
