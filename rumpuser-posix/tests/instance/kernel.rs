//! A stand-in for a kernel: the hypercalls as a kernel sees them, and upcalls that do nothing but
//! let a thread have a CPU.
//!
//! Its functions are run by `Instance::enter`, and keep no value with a destructor while they make
//! hypercalls.

use std::ffi::{CStr, c_char, c_int, c_long, c_void};
use std::ptr;
use std::sync::Arc;

use rumpuser_posix::{Console, Instance, Parameters, World};

pub(crate) const KMUTEX: c_int = 2;
pub(crate) const SPIN: c_int = 1;
pub(crate) const READER: c_int = 0;
pub(crate) const WRITER: c_int = 1;
pub(crate) const RELWALL: c_int = 0;
pub(crate) const ABSMONO: c_int = 1;
pub(crate) const LWP_SET: c_int = 2;
pub(crate) const LWP_CLEAR: c_int = 3;
pub(crate) const BIO_READ: c_int = 1;
pub(crate) const BIO_WRITE: c_int = 2;
pub(crate) const BIO_SYNC: c_int = 4;
pub(crate) const OPEN_READ_WRITE_BIO: c_int = 0x12;
pub(crate) const OPEN_READ_BIO: c_int = 0x10;
/// For what has no offsets, such as a pipe.
pub(crate) const NO_OFFSET: i64 = -1;

pub(crate) type Lock = *mut c_void;
pub(crate) type BioDone = unsafe extern "C" fn(*mut c_void, usize, c_int);

#[cfg(feature = "instances")]
/// Where the code of a function begins. In powerpc64's first ABI its address is that of a
/// descriptor, which says so.
pub(crate) fn entry(function: *const c_void) -> usize {
    if cfg!(target_arch = "powerpc64") {
        // SAFETY: the first word of the descriptor of a function that is there.
        unsafe { function.cast::<usize>().read() }
    } else {
        function.addr()
    }
}

unsafe extern "C" {
    fn rumpuser_init(version: c_int, table: *const c_void) -> c_int;
    pub(crate) fn rumpuser_malloc(
        length: usize,
        alignment: c_int,
        block: *mut *mut c_void,
    ) -> c_int;
    pub(crate) fn rumpuser_free(block: *mut c_void, length: usize);
    pub(crate) fn rumpuser_open(path: *const c_char, flags: c_int, descriptor: *mut c_int)
    -> c_int;
    pub(crate) fn rumpuser_close(descriptor: c_int) -> c_int;
    pub(crate) fn rumpuser_getfileinfo(
        path: *const c_char,
        size: *mut u64,
        kind: *mut c_int,
    ) -> c_int;
    pub(crate) fn rumpuser_bio(
        file: c_int,
        operation: c_int,
        data: *mut c_void,
        length: usize,
        offset: i64,
        done: BioDone,
        argument: *mut c_void,
    );
    pub(crate) fn rumpuser_iovread(
        descriptor: c_int,
        vector: *const libc::iovec,
        count: usize,
        offset: i64,
        done: *mut usize,
    ) -> c_int;
    pub(crate) fn rumpuser_iovwrite(
        descriptor: c_int,
        vector: *const libc::iovec,
        count: usize,
        offset: i64,
        done: *mut usize,
    ) -> c_int;
    pub(crate) fn rumpuser_clock_gettime(
        clock: c_int,
        seconds: *mut i64,
        nanos: *mut c_long,
    ) -> c_int;
    pub(crate) fn rumpuser_getrandom(
        buffer: *mut c_void,
        length: usize,
        flags: c_int,
        filled: *mut usize,
    ) -> c_int;
    pub(crate) fn rumpuser_clock_sleep(clock: c_int, seconds: i64, nanos: c_long) -> c_int;
    pub(crate) fn rumpuser_getparam(
        name: *const c_char,
        buffer: *mut c_char,
        length: usize,
    ) -> c_int;
    pub(crate) fn rumpuser_exit(code: c_int) -> !;
    pub(crate) fn rumpuser_putchar(character: c_int);
    pub(crate) fn rumpuser_thread_create(
        function: unsafe extern "C" fn(*mut c_void) -> *mut c_void,
        argument: *mut c_void,
        name: *const c_char,
        joinable: c_int,
        priority: c_int,
        cpu: c_int,
        cookie: *mut *mut c_void,
    ) -> c_int;
    pub(crate) fn rumpuser_thread_exit() -> !;
    pub(crate) fn rumpuser_thread_join(cookie: *mut c_void) -> c_int;
    pub(crate) fn rumpuser_curlwpop(operation: c_int, lwp: *mut c_void);
    pub(crate) fn rumpuser_curlwp() -> *mut c_void;
    pub(crate) fn rumpuser_mutex_init(place: *mut Lock, flags: c_int);
    pub(crate) fn rumpuser_mutex_enter(mutex: Lock);
    pub(crate) fn rumpuser_mutex_enter_nowrap(mutex: Lock);
    pub(crate) fn rumpuser_mutex_exit(mutex: Lock);
    pub(crate) fn rumpuser_rw_init(place: *mut Lock);
    pub(crate) fn rumpuser_rw_enter(operation: c_int, lock: Lock);
    pub(crate) fn rumpuser_rw_exit(lock: Lock);
    pub(crate) fn rumpuser_cv_init(place: *mut Lock);
    pub(crate) fn rumpuser_cv_wait(condvar: Lock, mutex: Lock);
    pub(crate) fn rumpuser_cv_wait_nowrap(condvar: Lock, mutex: Lock);
    pub(crate) fn rumpuser_cv_timedwait(
        condvar: Lock,
        mutex: Lock,
        seconds: i64,
        nanos: i64,
    ) -> c_int;
    pub(crate) fn rumpuser_cv_broadcast(condvar: Lock);
}

#[repr(C)]
struct Hyperup {
    schedule: unsafe extern "C" fn(),
    unschedule: unsafe extern "C" fn(),
    backend_unschedule: unsafe extern "C" fn(c_int, *mut c_int, *mut c_void),
    backend_schedule: unsafe extern "C" fn(c_int, *mut c_void),
    switch: unsafe extern "C" fn(*mut c_void),
    release: unsafe extern "C" fn(),
    rfork: *const c_void,
    newlwp: unsafe extern "C" fn(i32) -> c_int,
    curlwp: unsafe extern "C" fn() -> *mut c_void,
    rest: [*const c_void; 12],
}

unsafe extern "C" fn nothing() {}
unsafe extern "C" fn unschedule(_: c_int, locks: *mut c_int, _: *mut c_void) {
    // SAFETY: the hypercall passes a place for the number.
    unsafe { locks.write(1) };
}
unsafe extern "C" fn schedule(_: c_int, _: *mut c_void) {}
unsafe extern "C" fn switch(_: *mut c_void) {}
unsafe extern "C" fn newlwp(_: i32) -> c_int {
    0
}
unsafe extern "C" fn curlwp() -> *mut c_void {
    // SAFETY: no conditions.
    unsafe { rumpuser_curlwp() }
}

/// Boots: a kernel's first hypercall, and the thread without which it cannot wait for memory.
pub(crate) fn init() -> c_int {
    let table = Hyperup {
        schedule: nothing,
        unschedule: nothing,
        backend_unschedule: unschedule,
        backend_schedule: schedule,
        switch,
        release: nothing,
        rfork: ptr::null(),
        newlwp,
        curlwp,
        rest: [ptr::null(); 12],
    };
    let name = c"pdaemon".as_ptr();
    // SAFETY: a table of version 17; the thread needs nothing.
    unsafe {
        rumpuser_init(17, (&raw const table).cast())
            + rumpuser_thread_create(idle, ptr::null_mut(), name, 0, 0, -1, ptr::null_mut())
    }
}

/// What the page daemon does.
unsafe extern "C" fn idle(_: *mut c_void) -> *mut c_void {
    // SAFETY: no conditions.
    unsafe { rumpuser_thread_exit() }
}

/// A booted kernel that prints to nowhere.
pub(crate) fn boot() -> Arc<Instance> {
    boot_in(World {
        console: Console::Discard,
        ..World::default()
    })
}

pub(crate) fn boot_with(parameters: Parameters, console: Console) -> Arc<Instance> {
    boot_in(World {
        parameters,
        console,
        ..World::default()
    })
}

pub(crate) fn boot_in(world: World) -> Arc<Instance> {
    let instance = Instance::new(world).unwrap();
    // SAFETY: init() keeps the rule.
    assert_eq!(unsafe { instance.enter(init) }.unwrap(), 0);
    instance
}

pub(crate) fn print(text: &CStr) {
    for &byte in text.to_bytes() {
        // SAFETY: no conditions.
        unsafe { rumpuser_putchar(c_int::from(byte)) };
    }
}

/// Panics, as a kernel does.
pub(crate) fn panic(reason: &CStr) -> ! {
    print(c"panic: ");
    print(reason);
    print(c"\nrump kernel halting...\n");
    // SAFETY: no conditions.
    unsafe { rumpuser_exit(-1) }
}

/// A new lock or condition variable, made by one of the functions above.
pub(crate) fn make(init: impl FnOnce(*mut Lock)) -> Lock {
    let mut lock = ptr::null_mut();
    init(&mut lock);
    lock
}
