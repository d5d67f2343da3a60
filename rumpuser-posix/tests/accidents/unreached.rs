//! Threads that signals hardly reach: all are blocked, or another handler is in front.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::AtomicI32;
use std::thread;
use std::time::{Duration, Instant};

use rumpuser_posix::DeathKind;

use crate::kernel::rumpuser_thread_create;
use crate::outside::{a_kernel_comes_through_a_fault, install, skip};
use crate::scene::{Scenes, succeeds};
use crate::stand_in::{boot, code, wait_for};

pub(crate) const SCENES: Scenes = &[
    ("blocked", blocked),
    ("blocked_and_looping", blocked_and_looping),
    ("handler_in_front", handler_in_front),
    ("blocked_inside", blocked_inside),
    ("handler_in_the_way", handler_in_the_way),
];

/// Blocks all signals in the calling thread, as programs do that handle them in another.
fn block_all() {
    // SAFETY: the set is filled before it is used.
    unsafe {
        let mut all = std::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &all, ptr::null_mut());
    }
}

unsafe extern "C" fn fault_on_thread(_: *mut c_void) -> *mut c_void {
    // SAFETY: that the access fails is the point.
    unsafe { (code().read_int)(ptr::null_mut()) };
    ptr::null_mut()
}

fn blocked() {
    block_all();
    a_kernel_comes_through_a_fault();
    // A thread that the kernel starts has the mask of the thread that it is started by.
    let instance = boot();
    let start = || {
        let (name, null) = (c"blocked".as_ptr(), ptr::null_mut());
        // SAFETY: the thread needs nothing.
        unsafe { rumpuser_thread_create(fault_on_thread, null, name, 0, 0, -1, ptr::null_mut()) }
    };
    // SAFETY: the closure holds plain values.
    let _ = unsafe { instance.enter(start) };
    assert!(instance.join_threads(None));
    assert_eq!(instance.death().unwrap().kind, DeathKind::Fault);
}

#[test]
fn blocked_signals_do_not_let_faults_out() {
    succeeds("blocked");
}

/// Kills a kernel in whose code a thread loops that `prepare` prepares.
fn kill_a_loop(prepare: fn()) {
    static ROUNDS: AtomicI32 = AtomicI32::new(0);
    let instance = boot();
    let theirs = Arc::clone(&instance);
    let looping = thread::spawn(move || {
        prepare();
        // SAFETY: the stand-in counts without end, in a counter that stays.
        unsafe { theirs.enter(|| (code().spin)(ROUNDS.as_ptr())) }.unwrap_err()
    });
    wait_for(&ROUNDS);
    instance.kill("enough");
    assert!(instance.join_threads(Some(Duration::from_secs(20))));
    assert!(instance.reclaim());
    assert_eq!(looping.join().unwrap().kind, DeathKind::Killed);
}

fn blocked_and_looping() {
    kill_a_loop(block_all);
}

#[test]
fn a_loop_ends_although_signals_were_blocked() {
    succeeds("blocked_and_looping");
}

fn handler_in_front() {
    a_kernel_comes_through_a_fault();
    install(skip as *const (), 0);
    kill_a_loop(|| ());
}

#[test]
#[cfg(any(target_os = "linux", target_os = "android"))]
fn a_loop_ends_although_another_handler_is_in_front() {
    succeeds("handler_in_front");
}

/// Kills a kernel that a thread does not leave, for nobody can interrupt it: that is known at once.
fn kill_in_vain(prepare: fn(), rounds: extern "C" fn(*mut c_int)) {
    static ROUNDS: AtomicI32 = AtomicI32::new(0);
    let instance = boot();
    let theirs = Arc::clone(&instance);
    let _looping = thread::spawn(move || {
        let run = || rounds(ROUNDS.as_ptr());
        // SAFETY: the counter stays.
        unsafe { theirs.enter(run) }.unwrap_err()
    });
    wait_for(&ROUNDS);
    prepare();
    instance.kill("enough");
    let begin = Instant::now();
    assert!(!instance.join_threads(Some(Duration::from_secs(60))));
    assert!(begin.elapsed() < Duration::from_secs(20));
    assert!(!instance.reclaim(), "somebody is inside");
}

extern "C" fn spin(rounds: *mut c_int) {
    // SAFETY: the test passes a counter that stays.
    unsafe { (code().spin)(rounds) };
}

extern "C" fn block_and_spin(rounds: *mut c_int) {
    block_all();
    spin(rounds);
}

fn blocked_inside() {
    kill_in_vain(|| (), block_and_spin);
}

/// Handles each signal that could be the one that interrupts, and calls nobody.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn be_in_the_way() {
    for signal in libc::SIGRTMIN()..=libc::SIGRTMAX() {
        // SAFETY: the handler does nothing.
        unsafe { libc::signal(signal, ignore as *const () as libc::sighandler_t) };
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn be_in_the_way() {
    install(ignore as *const (), 0);
}

extern "C" fn ignore(_: c_int) {}

fn handler_in_the_way() {
    kill_in_vain(be_in_the_way, spin);
}

#[test]
fn a_thread_that_cannot_be_interrupted_is_not_waited_for() {
    for scene in ["blocked_inside", "handler_in_the_way"] {
        succeeds(scene);
    }
}
