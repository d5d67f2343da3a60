//! `rumpuser_daemonize_begin`, `rumpuser_daemonize_done`: a kernel that goes to the background.
//!
//! A process with threads cannot fork, so it forks before the kernel boots. The parent waits until
//! the child says that the kernel serves, or why not, and ends with that as its exit code.

use std::ffi::c_int;
use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, IntoRawFd};
use std::os::unix::net::UnixStream;

use crate::errno::{from_host, from_io, last};
use crate::instance::caller;
use crate::state::daemon::Daemon;

/// Forks; returns in the child. EINPROGRESS when that was done before.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_daemonize_begin() -> c_int {
    let instance = &*caller();
    let mut daemon = instance.daemon.lock();
    if daemon.is_some() {
        return from_host(libc::EINPROGRESS);
    }
    let (parent, child) = match UnixStream::pair() {
        Ok(pair) => pair,
        Err(error) => return from_io(&error),
    };
    // SAFETY: the caller forks before it has threads, as the contract of this hypercall says. The
    // parent only reads and ends.
    match unsafe { libc::fork() } {
        -1 => from_host(last()),
        0 => {
            drop(parent);
            // SAFETY: no conditions. It cannot fail in a process that was just made.
            unsafe { libc::setsid() };
            instance.parked.adopt();
            *daemon = Some(Daemon(child));
            0
        }
        _ => {
            drop(child);
            let status = wait(parent);
            // SAFETY: no conditions; exit handlers are the child's.
            unsafe { libc::_exit(status) }
        }
    }
}

/// The child's report; ESRCH when it died without one.
fn wait(mut parent: UnixStream) -> c_int {
    let mut report = [0; size_of::<c_int>()];
    match parent.read_exact(&mut report) {
        Ok(()) => c_int::from_ne_bytes(report),
        Err(_) => libc::ESRCH,
    }
}

/// Reports to the parent; on success (0) the standard descriptors are detached from the terminal.
/// ENOENT when nothing was begun.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_daemonize_done(error: c_int) -> c_int {
    let Some(Daemon(mut parent)) = caller().daemon.lock().take() else {
        return from_host(libc::ENOENT);
    };
    let report = if error == 0 {
        detach().err().unwrap_or(0)
    } else {
        error
    };
    match parent.write_all(&report.to_ne_bytes()) {
        Ok(()) => 0,
        Err(_) => from_host(libc::EPIPE),
    }
}

/// Points the standard descriptors to nowhere. `Err` with the host's errno.
fn detach() -> Result<(), c_int> {
    let null = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/null")
        .map_err(|error| error.raw_os_error().unwrap_or(libc::EIO))?;
    for standard in [libc::STDIN_FILENO, libc::STDOUT_FILENO, libc::STDERR_FILENO] {
        // SAFETY: both are descriptors of this process; replacing the standard ones is the point.
        if unsafe { libc::dup2(null.as_raw_fd(), standard) } == -1 {
            return Err(last());
        }
    }
    if null.as_raw_fd() <= libc::STDERR_FILENO {
        // It is itself a standard one, that was closed: it stays open.
        let _ = null.into_raw_fd();
    }
    Ok(())
}
