//! Mutexes. Of the two kinds, spin mutexes are waited for with the virtual CPU, others without.

use std::cell::Cell;
use std::ffi::c_int;
use std::ptr;

use rumpkernel_sys::{EBUSY, lwp};

use crate::scheduler::{WaitQueue, current};
use crate::upcalls::without_cpu;

const SPIN: c_int = 1;
const KMUTEX: c_int = 2;

/// `struct rumpuser_mtx`.
pub(crate) struct Mutex {
    flags: c_int,
    is_held: Cell<bool>,
    /// The lwp that holds a mutex of the kernel's, which may ask for it.
    owner: Cell<*mut lwp>,
    waiting: WaitQueue,
}

impl Mutex {
    /// Whether it comes after the virtual CPU in the order of locks.
    pub(crate) fn comes_after_cpu(&self) -> bool {
        self.flags == SPIN | KMUTEX
    }

    /// Waits for it without asking for the virtual CPU.
    pub(crate) fn enter(&self) {
        while !self.try_enter() {
            // SAFETY: nobody destroys a mutex that is awaited.
            unsafe { WaitQueue::wait(&self.waiting, None) };
        }
    }

    pub(crate) fn exit(&self) {
        self.is_held.set(false);
        self.owner.set(ptr::null_mut());
        self.waiting.wake_one();
    }

    fn try_enter(&self) -> bool {
        if self.is_held.replace(true) {
            return false;
        }
        if self.flags & KMUTEX != 0 {
            self.owner.set(current().lwp.get());
        }
        true
    }
}

// In all that follows the kernel gives pointers that it got from `rumpuser_mutex_init`, and uses none after
// `rumpuser_mutex_destroy`. That is what the SAFETY comments mean by "a mutex".

#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_mutex_init(result: *mut *mut Mutex, flags: c_int) {
    let mutex = Mutex {
        flags,
        is_held: Cell::new(false),
        owner: Cell::new(ptr::null_mut()),
        waiting: WaitQueue::default(),
    };
    // SAFETY: a place for the pointer.
    unsafe { result.write(Box::into_raw(Box::new(mutex))) };
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_mutex_enter(mutex: *const Mutex) {
    // SAFETY: a mutex.
    let mutex = unsafe { &*mutex };
    if mutex.flags & SPIN != 0 {
        mutex.enter();
    } else if !mutex.try_enter() {
        without_cpu(|| mutex.enter());
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_mutex_enter_nowrap(mutex: *const Mutex) {
    // SAFETY: a mutex.
    unsafe { &*mutex }.enter();
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_mutex_tryenter(mutex: *const Mutex) -> c_int {
    // SAFETY: a mutex.
    if unsafe { &*mutex }.try_enter() {
        0
    } else {
        EBUSY
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_mutex_exit(mutex: *const Mutex) {
    // SAFETY: a mutex.
    unsafe { &*mutex }.exit();
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_mutex_destroy(mutex: *mut Mutex) {
    // SAFETY: a mutex, for the last time.
    drop(unsafe { Box::from_raw(mutex) });
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_mutex_owner(mutex: *const Mutex, result: *mut *mut lwp) {
    // SAFETY: a mutex, and a place for the pointer.
    unsafe { result.write((*mutex).owner.get()) };
}
