//! Where the threads of a process are that hangs: who sleeps in the host for ever waits for a
//! thread, who runs spins.

use std::fs;
use std::path::Path;

/// Each thread's name, state, and what it waits for in the host's kernel, as proc(5) has them.
pub(crate) fn threads(process: u32) -> String {
    let tasks = fs::read_dir(format!("/proc/{process}/task"));
    let tasks = tasks.into_iter().flatten().flatten();
    let lines = tasks.map(|task| format!("\n  {}", thread(&task.path())));
    lines.collect()
}

fn thread(task: &Path) -> String {
    let read = |name| fs::read_to_string(task.join(name)).unwrap_or_default();
    let (name, status, wait) = (read("comm"), read("status"), read("wchan"));
    let state = status.lines().find_map(|line| line.strip_prefix("State:"));
    format!("{}: {} {wait}", name.trim(), state.unwrap_or("gone").trim())
}
