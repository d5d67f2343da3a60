//! A kernel on hypercalls of this crate's own, in the place of rumpuser-posix: all of its threads are coroutines, and the
//! process has one thread. What each hypercall has to do is written in docs/hypercalls.md; here is what little
//! a kernel needs to boot, to keep files in memory, and to let its threads wait and sleep.
//!
//! For a machine of your own, begin with `memory`, `clock`, `console` and `host`, which lean on Rust's standard library.

mod absent;
mod clock;
mod condvar;
mod console;
mod host;
mod memory;
mod mutex;
mod rwlock;
mod scheduler;
mod thread;
mod upcalls;

use std::convert::Infallible;
use std::ffi::{CStr, c_int};
use std::io;
use std::process::ExitCode;
use std::ptr;
use std::time::Duration;

use rumpkernel_sys::{
    LINKED, O_CREAT, O_RDWR, RB_AUTOBOOT, TMPFS_ARGS_VERSION, timespec, tmpfs_args,
};

const FOLDER: &CStr = c"/files";
const FILE: &CStr = c"/files/text";
const GREETING: &[u8] = b"hello from the other coroutine";

/// What failed, and NetBSD's error number.
type Failure = (&'static str, c_int);

fn main() -> io::Result<ExitCode> {
    let code = scheduler::run(|| {
        let Err((what, error)) = program();
        eprintln!("{what} failed with NetBSD's error {error}");
        scheduler::stop(1);
    })?;
    match code {
        Some(0) => println!("the kernel has halted"),
        Some(code) => eprintln!("the kernel ended with code {code}"),
        None => eprintln!("all threads wait for each other"),
    }
    Ok(if code == Some(0) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Ends with the kernel, or with what failed.
fn program() -> Result<Infallible, Failure> {
    println!("booting");
    // SAFETY: once, before all other calls.
    let error = unsafe { (LINKED.init)() };
    if error != 0 {
        return Err(("booting", error));
    }

    mount()?;
    use_file()?;
    sleep(Duration::from_millis(50))?;
    meet()?;

    // SAFETY: no other call is in progress. It ends in rumpuser_exit, which does not return.
    check(
        "reboot",
        unsafe { (LINKED.sys_reboot)(RB_AUTOBOOT, ptr::null_mut()) } as isize,
    )?;
    Err(("reboot", 0))
}

fn mount() -> Result<(), Failure> {
    let mut arguments = tmpfs_args {
        ta_version: TMPFS_ARGS_VERSION,
        ta_nodes_max: 0,
        ta_size_max: 1 << 20,
        ta_root_uid: 0,
        ta_root_gid: 0,
        ta_root_mode: 0o755,
    };
    let (kind, folder) = (c"tmpfs".as_ptr(), FOLDER.as_ptr());
    let (data, size) = ((&raw mut arguments).cast(), size_of_val(&arguments));
    // SAFETY: a string.
    check("mkdir", unsafe { (LINKED.sys_mkdir)(folder, 0o755) }
        as isize)?;
    // SAFETY: strings, and the structure that mounting a tmpfs takes.
    check(
        "mount",
        unsafe { (LINKED.sys_mount)(kind, folder, 0, data, size) } as isize,
    )?;
    println!("mounted a tmpfs");
    Ok(())
}

fn use_file() -> Result<(), Failure> {
    let text = b"kept by a kernel without a host";
    // SAFETY: a string.
    let file = unsafe { (LINKED.sys_open)(FILE.as_ptr(), O_RDWR | O_CREAT, 0o644) };
    let file = check("open", file as isize)? as c_int;
    // SAFETY: the text's memory.
    let written = unsafe { (LINKED.sys_write)(file, text.as_ptr().cast(), text.len()) };
    check("write", written)?;
    let mut buffer = [0; 64];
    // SAFETY: the buffer's memory.
    let read = unsafe { (LINKED.sys_pread)(file, buffer.as_mut_ptr().cast(), buffer.len(), 0) };
    let read = check("read", read)?;
    println!(
        "{}: {}",
        FILE.to_string_lossy(),
        String::from_utf8_lossy(&buffer[..read])
    );
    Ok(())
}

/// Sleeps in the kernel, on a condition variable with a timeout.
fn sleep(time: Duration) -> Result<(), Failure> {
    let start = clock::now();
    let request = timespec {
        tv_sec: time.as_secs() as _,
        tv_nsec: time.subsec_nanos() as _,
    };
    // SAFETY: the time to sleep; what remains of it is not asked for.
    check(
        "nanosleep",
        unsafe { (LINKED.sys_nanosleep)(&request, ptr::null_mut()) } as isize,
    )?;
    let enough = clock::now() - start >= time;
    println!("slept {}", if enough { "long enough" } else { "too short" });
    Ok(())
}

/// Waits at a pipe of the kernel's for what another coroutine writes into it.
fn meet() -> Result<(), Failure> {
    let mut ends = [0; 2];
    // SAFETY: room for two descriptors.
    check("pipe2", unsafe { (LINKED.sys_pipe2)(ends.as_mut_ptr(), 0) }
        as isize)?;
    let [read_end, write_end] = ends;
    let writer = scheduler::spawn(move || {
        scheduler::sleep_until(clock::now() + Duration::from_millis(20));
        // SAFETY: the text's memory.
        unsafe { (LINKED.sys_write)(write_end, GREETING.as_ptr().cast(), GREETING.len()) };
    });
    if writer.is_err() {
        return Err(("another stack", rumpkernel_sys::ENOMEM));
    }
    let mut buffer = [0; 64];
    // SAFETY: the buffer's memory.
    let read = unsafe { (LINKED.sys_read)(read_end, buffer.as_mut_ptr().cast(), buffer.len()) };
    let read = check("reading the pipe", read)?;
    println!("{}", String::from_utf8_lossy(&buffer[..read]));
    Ok(())
}

/// The result of a system call that returns -1 when it fails, after leaving its reason in a hypercall.
fn check(what: &'static str, result: isize) -> Result<usize, Failure> {
    usize::try_from(result).map_err(|_| (what, scheduler::with_local(|local| local.errno)))
}
