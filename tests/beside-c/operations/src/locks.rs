//! Hypercalls as the kernel makes them: locks that nobody else wants, and memory.

use std::ffi::{c_int, c_void};
use std::ptr;

use rumpkernel_sys::LINKED;

use crate::kernel;
use crate::{Request, Sample, measure};

/// Locks, whose content only the hypercalls know.
#[repr(C)]
struct Mutex(c_void);
#[repr(C)]
struct Rwlock(c_void);

/// Flags of a mutex, and ways to hold a lock for readers and writers, as rumpuser(3) numbers them.
const SPIN: c_int = 1;
const KMUTEX: c_int = 2;
const READER: c_int = 0;
const WRITER: c_int = 1;

unsafe extern "C" {
    fn rumpuser_mutex_init(mutex: *mut *mut Mutex, flags: c_int);
    fn rumpuser_mutex_enter(mutex: *mut Mutex);
    fn rumpuser_mutex_exit(mutex: *mut Mutex);
    fn rumpuser_rw_init(lock: *mut *mut Rwlock);
    fn rumpuser_rw_enter(how: c_int, lock: *mut Rwlock);
    fn rumpuser_rw_exit(lock: *mut Rwlock);
    fn rumpuser_malloc(size: usize, alignment: c_int, memory: *mut *mut c_void) -> c_int;
    fn rumpuser_free(memory: *mut c_void, size: usize);
}

/// The hypercalls for memory.
const MALLOC: &str = "malloc";

/// So many are made between two looks at the time, because each takes a few nanoseconds.
const MANY: usize = 64;

pub(crate) fn run(request: &Request) -> Result<Sample, String> {
    let process = kernel::process();
    let sample = measure(request.threads, request.duration, |_| {
        kernel::join(process)?;
        if request.operation != MALLOC {
            // SAFETY: the kernel has booted; locks are taken with a virtual CPU. Of these there are
            // not enough for many threads, and memory needs none.
            unsafe { (LINKED.schedule)() };
        }
        let hypercalls = hypercalls(&request.operation);
        Ok(move || {
            hypercalls();
            Ok(true)
        })
    })?;
    Ok(Sample {
        operations: sample.operations * MANY as u64,
        ..sample
    })
}

/// Makes many of them, on a lock of the calling thread's own.
fn hypercalls(name: &str) -> Box<dyn Fn()> {
    match name {
        "mutex" => on_mutex(KMUTEX),
        "spin" => on_mutex(SPIN | KMUTEX),
        "reader" => on_rwlock(READER),
        "writer" => on_rwlock(WRITER),
        _ => Box::new(|| {
            for _ in 0..MANY {
                let mut memory = ptr::null_mut();
                // SAFETY: a place for the result, which is freed with its size.
                unsafe {
                    rumpuser_malloc(64, 0, &raw mut memory);
                    rumpuser_free(std::hint::black_box(memory), 64);
                }
            }
        }),
    }
}

fn on_mutex(flags: c_int) -> Box<dyn Fn()> {
    let mut mutex = ptr::null_mut();
    // SAFETY: a place for the result.
    unsafe { rumpuser_mutex_init(&raw mut mutex, flags) };
    Box::new(move || {
        for _ in 0..MANY {
            // SAFETY: the mutex was made above, is never destroyed, and released only when held.
            unsafe {
                rumpuser_mutex_enter(mutex);
                rumpuser_mutex_exit(mutex);
            }
        }
    })
}

fn on_rwlock(how: c_int) -> Box<dyn Fn()> {
    let mut lock = ptr::null_mut();
    // SAFETY: a place for the result.
    unsafe { rumpuser_rw_init(&raw mut lock) };
    Box::new(move || {
        for _ in 0..MANY {
            // SAFETY: the lock was made above, is never destroyed, and released only when held.
            unsafe {
                rumpuser_rw_enter(how, lock);
                rumpuser_rw_exit(lock);
            }
        }
    })
}
