//! Hypercalls on a host that has no memory at all: each says so, or ends its kernel, and none ends
//! the process. Rust does that for an allocation that nobody asked about.

#[path = "../instance/kernel.rs"]
#[allow(
    dead_code,
    reason = "shared with the tests of instances, which use all of it"
)]
mod kernel;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::ptr;

use kernel::*;
use rumpuser_posix::{DeathKind, Instance, SetupError, World};

thread_local! {
    /// How many bytes the thread can still have: what it gives back it can have again.
    static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// The system's, as far as there is memory for the thread.
struct Scarce;

// SAFETY: the system's allocator, or null, which is for "no memory".
unsafe impl GlobalAlloc for Scarce {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match LEFT.get() {
            usize::MAX => {}
            left if left >= layout.size() => LEFT.set(left - layout.size()),
            _ => return ptr::null_mut(),
        }
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        LEFT.set(LEFT.get().saturating_add(layout.size()));
        // SAFETY: the caller's promise; the block is the system's.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Scarce = Scarce;

/// Runs `f` on a thread that gets no more memory.
fn without_memory<R>(f: impl FnOnce() -> R) -> R {
    LEFT.set(0);
    let result = f();
    LEFT.set(usize::MAX);
    result
}

unsafe extern "C" fn nothing(_: *mut c_void) -> *mut c_void {
    ptr::null_mut()
}

unsafe extern "C" fn done(_: *mut c_void, _: usize, _: c_int) {}

const HYPERCALLS: &[(&str, fn())] = &[
    ("memory", || {
        for _ in 0..1000 {
            let mut block = ptr::null_mut();
            // SAFETY: the places are right, here and below.
            unsafe { rumpuser_malloc(4096, 4096, &mut block) };
        }
    }),
    ("much memory", || {
        let mut block = ptr::null_mut();
        // SAFETY: as above.
        unsafe { rumpuser_malloc(1 << 20, 4096, &mut block) };
    }),
    ("a lock", || {
        // SAFETY: as above.
        unsafe {
            let mutex = make(|place| rumpuser_mutex_init(place, KMUTEX));
            rumpuser_mutex_enter(mutex);
            rumpuser_mutex_exit(mutex);
        }
    }),
    ("a wait", || {
        // SAFETY: as above.
        unsafe {
            let mutex = make(|place| rumpuser_mutex_init(place, KMUTEX));
            let condvar = make(|place| rumpuser_cv_init(place));
            rumpuser_mutex_enter(mutex);
            rumpuser_cv_timedwait(condvar, mutex, 0, 1_000_000);
        }
    }),
    ("a sleep", || {
        // SAFETY: as above.
        unsafe { rumpuser_clock_sleep(RELWALL, 0, 1000) };
    }),
    ("a thread", || {
        let (null, name) = (ptr::null_mut(), c"thread".as_ptr());
        // SAFETY: as above.
        unsafe { rumpuser_thread_create(nothing, null, name, 0, 0, -1, ptr::null_mut()) };
    }),
    ("a lwp", || {
        // SAFETY: any address will do for a lwp here.
        unsafe { rumpuser_curlwpop(LWP_SET, ptr::without_provenance_mut(8)) };
    }),
    ("a file", || {
        let mut descriptor = 0;
        // SAFETY: as above.
        unsafe { rumpuser_open(c"/dev/null".as_ptr(), 0, &mut descriptor) };
    }),
    ("a file for block I/O", || {
        let mut descriptor = 0;
        // SAFETY: as above.
        unsafe { rumpuser_open(c"/etc/passwd".as_ptr(), OPEN_READ_BIO, &mut descriptor) };
    }),
    ("a file's size", || {
        let mut size = 0;
        // SAFETY: as above.
        unsafe { rumpuser_getfileinfo(c"/etc/passwd".as_ptr(), &mut size, ptr::null_mut()) };
    }),
    ("block I/O", || {
        let mut byte = 0_u8;
        let place = (&raw mut byte).cast();
        // SAFETY: the buffer is right: there is no such file, so that nothing is read.
        unsafe { rumpuser_bio(-1, BIO_READ, place, 1, 0, done, ptr::null_mut()) };
    }),
    ("parameters", || {
        let mut buffer = [0; 64];
        for name in [
            c"_RUMPUSER_NCPU",
            c"_RUMPUSER_HOSTNAME",
            c"RUMP_MEMLIMIT",
            c"RUMP_NONE",
        ] {
            // SAFETY: as above.
            unsafe { rumpuser_getparam(name.as_ptr(), buffer.as_mut_ptr(), 64) };
        }
    }),
    ("the console", || print(c"a line\nand another\nand more")),
    ("random numbers", || {
        let (mut bytes, mut filled) = ([0_u8; 64], 0);
        // SAFETY: as above.
        unsafe { rumpuser_getrandom(bytes.as_mut_ptr().cast(), 64, 0, &mut filled) };
    }),
];

#[test]
fn no_hypercall_ends_the_process() {
    for &(name, hypercall) in HYPERCALLS {
        println!("{name}");
        let instance = boot();
        let hypercall = move || {
            LEFT.set(0);
            hypercall();
            LEFT.set(usize::MAX);
        };
        // SAFETY: the closure holds plain values.
        let lived = unsafe { instance.enter(hypercall) };
        // A kernel that is left by a jump leaves it set.
        LEFT.set(usize::MAX);
        if let Err(death) = lived {
            assert_eq!(death.kind, DeathKind::Panic, "{name}: {death}");
            assert!(death.message.contains("no memory"), "{name}: {death}");
        }
    }
}

#[test]
fn an_instance_that_there_is_no_memory_for_is_an_error() {
    let made = without_memory(|| Instance::new(World::default()).map(drop));
    assert!(matches!(made, Err(SetupError::Host(_))), "{made:?}");
}
