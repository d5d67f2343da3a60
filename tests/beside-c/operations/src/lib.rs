//! What is measured: operations of a kernel's raw interface, whatever hypercalls the program links.
//!
//! A process measures one operation once, and prints a [`Sample`]: where a kernel's memory has come
//! to lie is the same for as long as a process lives, so many processes tell more than many rounds
//! of one.

mod calls;
mod disk;
mod kernel;
mod locks;
mod request;
mod tcp;
mod timing;

use std::process::ExitCode;

pub use request::{Request, answer};
pub use timing::{Sample, measure};

/// Measures what the command line asks for, and prints it.
pub fn main() -> ExitCode {
    request::answer(run)
}

fn run(request: &Request) -> Result<Sample, String> {
    let boot = kernel::boot()?;
    match &*request.operation {
        "boot" => Ok(boot),
        "getpid" | "stat" | "open-close" | "zero" | "pread" => calls::run(request),
        "mutex" | "spin" | "reader" | "writer" | "malloc" => locks::run(request),
        "tcp-stream" | "tcp-ping" => tcp::run(request),
        "random-read" | "sequential-read" | "create" => disk::run(request),
        other => Err(format!("there is no operation {other}")),
    }
}
