//! Locks for many readers or one writer. All are waited for without the virtual CPU.

use std::cell::Cell;
use std::ffi::c_int;

use rumpkernel_sys::{EBUSY, lwp};

use crate::scheduler::{WaitQueue, current};
use crate::upcalls::without_cpu;

const WRITER: c_int = 1;

/// `struct rumpuser_rw`.
#[derive(Default)]
pub(crate) struct RwLock {
    readers: Cell<usize>,
    writer: Cell<Option<*mut lwp>>,
    waiting: WaitQueue,
}

impl RwLock {
    fn try_enter(&self, kind: c_int) -> bool {
        if self.writer.get().is_some() || (kind == WRITER && self.readers.get() > 0) {
            return false;
        }
        if kind == WRITER {
            self.writer.set(Some(current().lwp.get()));
        } else {
            self.readers.set(self.readers.get() + 1);
        }
        true
    }
}

// As for mutexes: the kernel gives pointers from `rumpuser_rw_init`, and none after `rumpuser_rw_destroy`. That is
// what the SAFETY comments mean by "a lock".

#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_rw_init(result: *mut *mut RwLock) {
    // SAFETY: a place for the pointer.
    unsafe { result.write(Box::into_raw(Box::default())) };
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_rw_enter(kind: c_int, lock: *const RwLock) {
    // SAFETY: a lock.
    let lock = unsafe { &*lock };
    if !lock.try_enter(kind) {
        without_cpu(|| {
            while !lock.try_enter(kind) {
                // SAFETY: nobody destroys a lock that is awaited.
                unsafe { WaitQueue::wait(&lock.waiting, None) };
            }
        });
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_rw_tryenter(kind: c_int, lock: *const RwLock) -> c_int {
    // SAFETY: a lock.
    if unsafe { &*lock }.try_enter(kind) {
        0
    } else {
        EBUSY
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_rw_exit(lock: *const RwLock) {
    // SAFETY: a lock.
    let lock = unsafe { &*lock };
    if lock.writer.take().is_none() {
        lock.readers.set(lock.readers.get() - 1);
    }
    // Who cannot have it yet waits again.
    lock.waiting.wake_all();
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_rw_destroy(lock: *mut RwLock) {
    // SAFETY: a lock, for the last time.
    drop(unsafe { Box::from_raw(lock) });
}

/// Whether the caller is the writer, or whether anybody is a reader.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_rw_held(kind: c_int, lock: *const RwLock, result: *mut c_int) {
    // SAFETY: a lock.
    let lock = unsafe { &*lock };
    let is_held = if kind == WRITER {
        lock.writer.get() == Some(current().lwp.get())
    } else {
        lock.readers.get() > 0
    };
    // SAFETY: a place for the answer.
    unsafe { result.write(is_held.into()) };
}
