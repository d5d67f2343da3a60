//! Signals that are not the kernel's go to whoever had them before.

use std::ffi::{c_int, c_void};
use std::hint::black_box;
use std::os::unix::process::ExitStatusExt;
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;
use std::time::Duration;

use rumpuser_posix::DeathKind;

use crate::scene::{Scenes, stage, succeeds};
use crate::stand_in::{boot, code};

pub(crate) const SCENES: Scenes = &[
    ("overflow", overflow),
    ("segfault", segfault),
    ("sent", sent),
    ("sent_ignored", sent_ignored),
    ("handler_before", handler_before),
    ("handler_after", handler_after),
    ("handler_once", handler_once),
    ("plain_handler", plain_handler),
];

pub(crate) fn a_kernel_comes_through_a_fault() {
    let instance = boot();
    // SAFETY: that the access fails is the point.
    let death = unsafe { instance.enter(|| (code().read_int)(ptr::null_mut())) }.unwrap_err();
    assert_eq!(death.kind, DeathKind::Fault);
    // qemu-user loses a signal that goes to a thread which ends.
    assert!(instance.join_threads(None));
}

fn fault() {
    // SAFETY: none; that the access fails is the point.
    unsafe { black_box(black_box(ptr::null::<u8>()).read_volatile()) };
}

fn send() {
    // SAFETY: no conditions.
    unsafe { libc::kill(libc::getpid(), libc::SIGSEGV) };
}

fn die_of_signal() {
    send();
    // Another thread may be the one to handle it.
    thread::sleep(Duration::from_secs(60));
}

pub(crate) fn install(handler: *const (), flags: c_int) {
    // SAFETY: all fields may be zero; the handler fits the flags.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler.expose_provenance();
        action.sa_flags = flags;
        assert_eq!(libc::sigaction(libc::SIGSEGV, &action, ptr::null_mut()), 0);
    }
}

fn overflow() {
    #[expect(unconditional_recursion, reason = "the point")]
    fn deep(frame: &mut [u8; 1000]) {
        let mut next = [frame[0]; 1000];
        deep(black_box(&mut next));
        black_box(next);
    }
    a_kernel_comes_through_a_fault();
    deep(&mut [0; 1000]);
}

#[test]
fn an_overflow_of_the_programs_stack_is_told_by_rust() {
    let output = stage("overflow");
    assert_eq!(output.status.signal(), Some(libc::SIGABRT));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("has overflowed its stack"), "{said}");
}

fn segfault() {
    a_kernel_comes_through_a_fault();
    let instance = boot();
    // In a kernel, but not its code.
    // SAFETY: the closure ends the process.
    let _ = unsafe { instance.enter(fault) };
}

#[test]
fn a_fault_of_the_programs_kills_it() {
    assert_eq!(stage("segfault").status.signal(), Some(libc::SIGSEGV));
}

fn sent() {
    install(ptr::without_provenance(libc::SIG_DFL), 0);
    a_kernel_comes_through_a_fault();
    die_of_signal();
}

#[test]
fn a_signal_that_is_sent_kills() {
    assert_eq!(stage("sent").status.signal(), Some(libc::SIGSEGV));
}

fn sent_ignored() {
    install(ptr::without_provenance(libc::SIG_IGN), 0);
    a_kernel_comes_through_a_fault();
    send();
    send();
    println!("came through");
    fault();
}

#[test]
fn an_ignored_signal_is_ignored_unless_it_is_a_fault() {
    let output = stage("sent_ignored");
    assert_eq!(output.status.signal(), Some(libc::SIGSEGV));
    assert!(String::from_utf8_lossy(&output.stdout).contains("came through"));
}

static CALLS: AtomicI32 = AtomicI32::new(0);
static CODE: AtomicI32 = AtomicI32::new(0);

extern "C" fn count(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    assert_eq!(signal, libc::SIGSEGV);
    assert!(!context.is_null());
    // SAFETY: the handler is installed with SA_SIGINFO.
    CODE.store(unsafe { (*info).si_code }, Ordering::Relaxed);
    // The signal is blocked meanwhile, unless that was not wanted.
    // SAFETY: the set is there to be written, then read.
    let blocked = unsafe {
        let mut mask = std::mem::zeroed();
        libc::pthread_sigmask(libc::SIG_BLOCK, ptr::null(), &mut mask);
        libc::sigismember(&mask, libc::SIGSEGV)
    };
    CALLS.fetch_add(1 + 100 * blocked, Ordering::Relaxed);
}

/// The signal goes to any thread of the process.
fn wait_for_calls(count: i32) {
    while CALLS.load(Ordering::Relaxed) < count {
        thread::yield_now();
    }
    assert_eq!(CALLS.load(Ordering::Relaxed), count);
}

fn handler_before() {
    install(count as *const (), libc::SA_SIGINFO);
    a_kernel_comes_through_a_fault();
    assert_eq!(CALLS.load(Ordering::Relaxed), 0);
    send();
    wait_for_calls(101);
    assert_eq!(CODE.load(Ordering::Relaxed), libc::SI_USER);
    send();
    wait_for_calls(202);
}

#[test]
fn a_handler_from_before_gets_what_is_not_the_kernels() {
    succeeds("handler_before");
}

pub(crate) extern "C" fn skip(_: c_int) {
    std::process::exit(7);
}

fn handler_after() {
    a_kernel_comes_through_a_fault();
    install(skip as *const (), 0);
    let instance = boot();
    instance.kill("enough");
    // Nobody is interrupted with a signal that somebody else would get.
    assert!(instance.join_threads(None));
    fault();
}

#[test]
fn a_handler_from_after_comes_first() {
    assert_eq!(stage("handler_after").status.code(), Some(7));
}

fn handler_once() {
    install(
        count as *const (),
        libc::SA_SIGINFO | libc::SA_RESETHAND | libc::SA_NODEFER,
    );
    a_kernel_comes_through_a_fault();
    send();
    wait_for_calls(1);
    println!("came through");
    die_of_signal();
}

#[test]
fn a_handler_for_once_is_called_once() {
    let output = stage("handler_once");
    assert_eq!(output.status.signal(), Some(libc::SIGSEGV));
    assert!(String::from_utf8_lossy(&output.stdout).contains("came through"));
}

fn plain_handler() {
    install(skip as *const (), 0);
    a_kernel_comes_through_a_fault();
    fault();
}

#[test]
fn a_handler_without_information_gets_faults() {
    assert_eq!(stage("plain_handler").status.code(), Some(7));
}
