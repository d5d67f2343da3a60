//! Whether an emulator runs this program (qemu-user), which is then a process together with it.

use std::fs;
use std::path::PathBuf;

/// The emulator that runs this program, if one does.
#[must_use]
pub fn emulator() -> Option<PathBuf> {
    // An emulator answers the first with the name of the program that it runs, and hands the other on to the host.
    let program = fs::read_link("/proc/self/exe").ok()?;
    let process = fs::read_link("/proc/thread-self/exe").ok()?;
    (process != program).then_some(process)
}
