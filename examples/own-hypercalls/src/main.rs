//! A kernel on hypercalls of this crate's own, in the place of rumpuser-posix: all of its threads are coroutines, and the
//! process has one thread. What each hypercall has to do is written in docs/hypercalls.md; here is what little
//! a kernel needs to boot, to keep files in memory, and to let its threads wait and sleep.
//!
//! `cargo run` in this crate's folder runs it: there `.cargo/config.toml` makes the kernel ask which of its threads runs.
//!
//! It was run on x86_64, i686, aarch64, armv7 and riscv64. corosensei, which switches between stacks, knows neither
//! powerpc64 with its first ABI nor mips and sparc64.
//!
//! For a machine of your own, begin with `memory`, `clock` and `host`, which lean on Rust's standard library. The kernel
//! calls more as components are added, and `absent` tells what it missed.

mod absent;
mod clock;
mod condvar;
mod host;
mod memory;
mod mutex;
mod rwlock;
mod scheduler;
mod thread;
mod upcalls;

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

fn main() -> io::Result<ExitCode> {
    let code = scheduler::run(program)?;
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

fn program() {
    println!("booting");
    // SAFETY: once, before all other calls.
    let error = unsafe { (LINKED.init)() };
    if error != 0 {
        fail("booting", error);
    }

    mount();
    use_file();
    sleep(Duration::from_millis(50));
    meet();

    // SAFETY: no other call is in progress. It ends in rumpuser_exit, and returns only if it fails.
    check("reboot", unsafe {
        (LINKED.sys_reboot)(RB_AUTOBOOT, ptr::null_mut())
    });
}

fn mount() {
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
    check("mkdir", unsafe { (LINKED.sys_mkdir)(folder, 0o755) });
    // SAFETY: strings, and the structure that mounting a tmpfs takes.
    check("mount", unsafe {
        (LINKED.sys_mount)(kind, folder, 0, data, size)
    });
    println!("mounted a tmpfs");
}

fn use_file() {
    let text = b"kept by a kernel without a host";
    // SAFETY: a string.
    let file = unsafe { (LINKED.sys_open)(FILE.as_ptr(), O_RDWR | O_CREAT, 0o644) };
    check("open", file);
    // SAFETY: the text's memory.
    check("write", unsafe {
        (LINKED.sys_write)(file, text.as_ptr().cast(), text.len())
    });
    let mut buffer = [0; 64];
    // SAFETY: the buffer's memory.
    let read = check("read", unsafe {
        (LINKED.sys_pread)(file, buffer.as_mut_ptr().cast(), buffer.len(), 0)
    });
    println!(
        "{}: {}",
        FILE.to_string_lossy(),
        String::from_utf8_lossy(&buffer[..read])
    );
}

/// Sleeps in the kernel, on a condition variable with a timeout.
fn sleep(time: Duration) {
    let start = clock::now();
    let request = timespec {
        tv_sec: time.as_secs() as _,
        tv_nsec: time.subsec_nanos() as _,
    };
    // SAFETY: the time to sleep; what remains of it is not asked for.
    check("nanosleep", unsafe {
        (LINKED.sys_nanosleep)(&request, ptr::null_mut())
    });
    let enough = clock::now() - start >= time;
    println!("slept {}", if enough { "long enough" } else { "too short" });
}

/// Waits at a pipe of the kernel's for what another coroutine writes into it.
fn meet() {
    let mut ends = [0; 2];
    // SAFETY: room for two descriptors.
    check("pipe2", unsafe { (LINKED.sys_pipe2)(ends.as_mut_ptr(), 0) });
    let [read_end, write_end] = ends;
    let writer = scheduler::spawn(move || {
        scheduler::sleep_until(clock::now() + Duration::from_millis(20));
        let text = b"hello from the other coroutine";
        // SAFETY: the text's memory.
        check("writing into the pipe", unsafe {
            (LINKED.sys_write)(write_end, text.as_ptr().cast(), text.len())
        });
    });
    if writer.is_err() {
        fail("another stack", rumpkernel_sys::ENOMEM);
    }
    let mut buffer = [0; 64];
    // SAFETY: the buffer's memory.
    let read = check("reading the pipe", unsafe {
        (LINKED.sys_read)(read_end, buffer.as_mut_ptr().cast(), buffer.len())
    });
    println!("{}", String::from_utf8_lossy(&buffer[..read]));
}

/// The result of a system call, which is -1 when it fails, after leaving its reason in a hypercall.
fn check(what: &str, result: impl TryInto<usize>) -> usize {
    match result.try_into() {
        Ok(result) => result,
        Err(_) => fail(what, scheduler::current().errno.get()),
    }
}

fn fail(what: &str, error: c_int) -> ! {
    eprintln!("{what} failed with NetBSD's error {error}");
    scheduler::stop(1)
}
