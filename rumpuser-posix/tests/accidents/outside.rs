//! Signals that are not the kernel's go to whoever had them before. Each scene runs in a process of
//! its own, for most end it.

use std::ffi::{CString, c_int, c_void};
use std::fs::OpenOptions;
use std::hint::black_box;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rumpuser_posix::{DeathKind, Instance};

use crate::kernel::{
    BIO_WRITE, OPEN_READ_WRITE_BIO, rumpuser_bio, rumpuser_open, rumpuser_thread_create,
};
use crate::stand_in::{boot, code};

const SCENE: &str = "RUMPUSER_TEST_SCENE";

/// Runs a function of [`SCENES`] in another process.
fn stage(name: &str) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "outside::scene", "--nocapture"])
        .env(SCENE, name)
        .output()
        .unwrap()
}

const SCENES: &[(&str, fn())] = &[
    ("overflow", overflow),
    ("segfault", segfault),
    ("sent", sent),
    ("sent_ignored", sent_ignored),
    ("handler_before", handler_before),
    ("handler_after", handler_after),
    ("handler_once", handler_once),
    ("plain_handler", plain_handler),
    ("blocked", blocked),
    ("blocked_and_looping", blocked_and_looping),
    ("handler_in_front", handler_in_front),
    ("blocked_inside", blocked_inside),
    ("handler_in_the_way", handler_in_the_way),
    ("writes_that_fail", writes_that_fail),
];

#[test]
fn scene() {
    if let Some(name) = std::env::var_os(SCENE) {
        let (_, scene) = SCENES.iter().find(|(known, _)| name == *known).unwrap();
        scene();
    }
}

fn a_kernel_comes_through_a_fault() {
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

fn install(handler: *const (), flags: c_int) {
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
    let output = stage("handler_before");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}

extern "C" fn skip(_: c_int) {
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
    let output = stage("blocked");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}: {said}", output.status);
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
    while ROUNDS.load(Ordering::Relaxed) == 0 {
        thread::yield_now();
    }
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
    let output = stage("blocked_and_looping");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}: {said}", output.status);
}

fn handler_in_front() {
    a_kernel_comes_through_a_fault();
    install(skip as *const (), 0);
    kill_a_loop(|| ());
}

#[test]
#[cfg(any(target_os = "linux", target_os = "android"))]
fn a_loop_ends_although_another_handler_is_in_front() {
    let output = stage("handler_in_front");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}: {said}", output.status);
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
    while ROUNDS.load(Ordering::Relaxed) == 0 {
        thread::yield_now();
    }
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
        let output = stage(scene);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{scene} {:?}: {said}",
            output.status
        );
    }
}

/// Where the process may not have anything in a file.
const BEYOND: i64 = 1 << 20;
static BYTE: u8 = 1;
const EFBIG: c_int = 27;
const EPIPE: c_int = 32;

unsafe extern "C" {
    fn rumpuser_iovwrite(
        descriptor: c_int,
        vector: *const libc::iovec,
        count: usize,
        offset: i64,
        done: *mut usize,
    ) -> c_int;
}

unsafe extern "C" fn note_error(place: *mut c_void, _: usize, error: c_int) {
    // SAFETY: the test passes an atomic that stays.
    unsafe { (*place.cast::<AtomicI32>()).store(error, Ordering::SeqCst) };
}

/// The error of a write of one byte.
fn write_at(instance: &Instance, descriptor: c_int, offset: i64) -> c_int {
    let vector = libc::iovec {
        iov_base: (&raw const BYTE).cast_mut().cast(),
        iov_len: 1,
    };
    let (mut done, vector) = (0, &raw const vector);
    let done = &raw mut done;
    // SAFETY: the places are right.
    unsafe { instance.enter(|| rumpuser_iovwrite(descriptor, vector, 1, offset, done)) }.unwrap()
}

fn writes_that_fail() {
    static ERROR: AtomicI32 = AtomicI32::new(-1);
    const AT_NO_OFFSET: i64 = -1;
    let folder = tempfile::tempdir().unwrap();
    let limit = libc::rlimit {
        rlim_cur: BEYOND.cast_unsigned() as libc::rlim_t,
        rlim_max: BEYOND.cast_unsigned() as libc::rlim_t,
    };
    // SAFETY: no handlers; the limit is right.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_DFL);
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &limit), 0);
    }
    let instance = boot();
    let open = |name: &str, flags| {
        let path = folder.path().join(name);
        let path = CString::new(path.as_os_str().as_bytes()).unwrap();
        let (path, mut descriptor) = (path.as_ptr(), 0);
        let place = &raw mut descriptor;
        // SAFETY: path and place are right.
        let status = unsafe { instance.enter(|| rumpuser_open(path, flags, place)) };
        assert_eq!(status.unwrap(), 0);
        descriptor
    };
    std::fs::write(folder.path().join("file"), "contents").unwrap();
    let file = open("file", OPEN_READ_WRITE_BIO);
    assert_eq!(write_at(&instance, file, BEYOND), EFBIG);
    let write = || {
        let (data, note) = ((&raw const BYTE).cast_mut().cast(), &raw const ERROR);
        // SAFETY: the buffer is right, and what note_error() gets.
        unsafe {
            rumpuser_bio(
                file,
                BIO_WRITE,
                data,
                1,
                BEYOND,
                note_error,
                note.cast_mut().cast(),
            )
        }
    };
    // SAFETY: the closure holds plain values.
    unsafe { instance.enter(write) }.unwrap();
    while ERROR.load(Ordering::SeqCst) == -1 {
        thread::yield_now();
    }
    assert_eq!(ERROR.load(Ordering::SeqCst), EFBIG);
    let pipe = folder.path().join("pipe");
    let path = CString::new(pipe.as_os_str().as_bytes()).unwrap();
    // SAFETY: the path is a string.
    assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
    let reader = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(pipe)
        .unwrap();
    let pipe = open("pipe", 1);
    drop(reader);
    assert_eq!(write_at(&instance, pipe, AT_NO_OFFSET), EPIPE);
    // The program is as it was.
    // SAFETY: the sets are there to be written, then read.
    unsafe {
        let (mut mask, mut pending) = (std::mem::zeroed(), std::mem::zeroed());
        libc::pthread_sigmask(libc::SIG_BLOCK, ptr::null(), &mut mask);
        libc::sigpending(&mut pending);
        for signal in [libc::SIGXFSZ, libc::SIGPIPE] {
            assert_eq!(libc::sigismember(&mask, signal), 0);
            assert_eq!(libc::sigismember(&pending, signal), 0);
        }
    }
}

#[test]
fn a_write_that_fails_raises_no_signal() {
    let output = stage("writes_that_fail");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}: {said}", output.status);
}
