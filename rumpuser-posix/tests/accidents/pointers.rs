//! Pointers that lead nowhere, which a kernel hands on to hypercalls, are its death.

use std::ffi::{c_int, c_void};
use std::ptr;

use rumpuser_posix::DeathKind;

use crate::kernel::{
    KMUTEX, Lock, make, rumpuser_clock_gettime, rumpuser_cv_broadcast, rumpuser_getfileinfo,
    rumpuser_getparam, rumpuser_getrandom, rumpuser_malloc, rumpuser_mutex_enter,
    rumpuser_mutex_init, rumpuser_open, rumpuser_rw_enter, rumpuser_thread_create,
    rumpuser_thread_join,
};
use crate::stand_in::{boot, code};

unsafe extern "C" {
    fn rumpuser_anonmmap(
        wish: *mut c_void,
        length: usize,
        alignment: c_int,
        executable: c_int,
        mapping: *mut *mut c_void,
    ) -> c_int;
    fn rumpuser_mutex_destroy(mutex: Lock);
}

fn nowhere<T>() -> *mut T {
    ptr::without_provenance_mut(0x1000)
}

/// The places that hypercalls write to are none: these bytes cannot be written.
static CONSTANT: [u64; 4] = [7; 4];

unsafe extern "C" fn nothing(_: *mut c_void) -> *mut c_void {
    ptr::null_mut()
}

/// Hypercalls that are given a pointer to nothing.
const ASTRAY: &[(&str, fn())] = &[
    ("open", || {
        let mut descriptor = 0;
        // SAFETY: none, here and below; that the pointer leads nowhere is the point.
        unsafe { rumpuser_open(nowhere(), 0, &mut descriptor) };
    }),
    ("open, of what is open", || {
        // SAFETY: as above.
        unsafe { rumpuser_open(c"/".as_ptr(), 0, nowhere()) };
    }),
    ("getfileinfo", || {
        // SAFETY: as above.
        unsafe { rumpuser_getfileinfo(nowhere(), ptr::null_mut(), ptr::null_mut()) };
    }),
    ("getfileinfo, the size", || {
        // SAFETY: as above.
        unsafe { rumpuser_getfileinfo(c"/".as_ptr(), nowhere(), ptr::null_mut()) };
    }),
    ("getparam", || {
        let mut buffer = [0; 64];
        // SAFETY: as above.
        unsafe { rumpuser_getparam(nowhere(), buffer.as_mut_ptr(), 64) };
    }),
    ("getparam, the buffer", || {
        // SAFETY: as above.
        unsafe { rumpuser_getparam(c"RUMP_NCPU".as_ptr(), nowhere(), 64) };
    }),
    ("clock_gettime", || {
        let mut seconds = 0;
        // SAFETY: as above.
        unsafe { rumpuser_clock_gettime(0, &mut seconds, nowhere()) };
    }),
    ("clock_gettime, to a constant", || {
        let mut nanos = 0;
        let constant = (&raw const CONSTANT[0]).cast_mut().cast();
        // SAFETY: as above.
        unsafe { rumpuser_clock_gettime(0, constant, &mut nanos) };
    }),
    ("malloc", || {
        // SAFETY: as above.
        unsafe { rumpuser_malloc(4096, 4096, nowhere()) };
    }),
    ("anonmmap", || {
        // SAFETY: as above.
        unsafe { rumpuser_anonmmap(ptr::null_mut(), 4096, 0, 0, nowhere()) };
    }),
    ("getrandom", || {
        let mut filled = 0;
        // SAFETY: as above.
        unsafe { rumpuser_getrandom(nowhere(), 100_000, 0, &mut filled) };
    }),
    ("thread_create", || {
        let (null, name) = (ptr::null_mut(), nowhere());
        // SAFETY: as above.
        unsafe { rumpuser_thread_create(nothing, null, name, 0, 0, -1, ptr::null_mut()) };
    }),
    ("thread_join", || {
        // SAFETY: as above.
        unsafe { rumpuser_thread_join(nowhere()) };
    }),
    ("mutex_init", || {
        // SAFETY: as above.
        unsafe { rumpuser_mutex_init(nowhere(), KMUTEX) };
    }),
    ("mutex_enter", || {
        // SAFETY: as above.
        unsafe { rumpuser_mutex_enter(nowhere()) };
    }),
    ("rw_enter", || {
        // SAFETY: as above.
        unsafe { rumpuser_rw_enter(1, nowhere()) };
    }),
    ("cv_broadcast", || {
        // SAFETY: as above.
        unsafe { rumpuser_cv_broadcast(nowhere()) };
    }),
];

#[test]
fn a_pointer_to_nowhere_is_the_death_of_who_passes_it() {
    for &(name, hypercall) in ASTRAY {
        let (instance, other) = (boot(), boot());
        // SAFETY: the hypercalls are given plain values.
        let death = unsafe { instance.enter(hypercall) }.expect_err(name);
        assert_eq!(death.kind, DeathKind::Fault, "{name}: {death}");
        let begins = death
            .message
            .starts_with("SIGSEGV by a hypercall's access to address ");
        assert!(begins, "{name}: {death}");
        assert!(instance.join_threads(None));
        assert!(instance.reclaim());
        let mut value = 5;
        let place = &raw mut value;
        // SAFETY: the place is right.
        assert_eq!(unsafe { other.enter(|| (code().outer)(place)) }.unwrap(), 7);
    }
}

#[test]
fn such_a_death_tells_which_function_made_the_hypercall() {
    extern "C" fn hypercall(_: c_int) -> c_int {
        let mut descriptor = 0;
        // SAFETY: as above.
        unsafe { rumpuser_open(nowhere(), 0, &mut descriptor) }
    }
    let instance = boot();
    // SAFETY: the stand-in calls what it is given.
    let death = unsafe { instance.enter(|| (code().call_hypercall)(hypercall)) }.unwrap_err();
    assert!(
        death
            .message
            .starts_with("SIGSEGV by a hypercall's access to address 0x1000 in ")
    );
    let functions = crate::stand_in::functions(&death.backtrace);
    assert_eq!(functions, ["call_hypercall"]);
}

#[test]
fn what_is_no_lock_is_not_locked() {
    #[repr(align(64))]
    struct Overwritten([u32; 16]);

    static OVERWRITTEN: Overwritten = Overwritten([0xaaaa_aaaa; 16]);
    const CASES: &[(&str, fn())] = &[
        ("overwritten", || {
            let mutex = (&raw const OVERWRITTEN).cast_mut().cast();
            // SAFETY: none, here and below; that it is no lock is the point.
            unsafe { rumpuser_mutex_enter(mutex) };
        }),
        ("not aligned", || {
            let mutex = (&raw const OVERWRITTEN.0[1]).cast_mut().cast();
            // SAFETY: as above.
            unsafe { rumpuser_mutex_enter(mutex) };
        }),
        ("destroyed", || {
            // SAFETY: as above.
            unsafe {
                let mutex = make(|place| rumpuser_mutex_init(place, KMUTEX));
                rumpuser_mutex_destroy(mutex);
                rumpuser_mutex_enter(mutex);
            }
        }),
        ("of another kind", || {
            // SAFETY: as above.
            unsafe {
                let mutex = make(|place| rumpuser_mutex_init(place, KMUTEX));
                rumpuser_rw_enter(1, mutex);
            }
        }),
    ];
    for &(name, hypercall) in CASES {
        let instance = boot();
        // SAFETY: the hypercalls are given plain values.
        let death = unsafe { instance.enter(hypercall) }.expect_err(name);
        assert_eq!(death.kind, DeathKind::Panic, "{name}: {death}");
        assert!(
            death.message.contains("is used that is none"),
            "{name}: {death}"
        );
    }
}
