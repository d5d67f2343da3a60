//! A kernel on hypercalls of a crate's own: `examples/own-hypercalls`, as it is and with a kernel that does not suit it.

use std::fs;

use crate::example::{Check, Example, says, works};

pub(crate) const EXAMPLE: &str = "own-hypercalls";

/// What the example prints when its hypercalls do what the kernel expects.
const PRINTED: [&str; 5] = [
    "a thread: pdaemon",
    "/files/text: kept by a kernel without a host",
    "slept long enough",
    "hello from the other coroutine",
    "the kernel has halted",
];

/// The name of rumpuser-posix in symbols, and the example's own, which shows that symbols are there.
const THEIRS: &[u8] = b"rumpuser_posix";
const OURS: &[u8] = b"own_hypercalls";

pub(crate) const CHECKS: &[Check] = &[
    ("own hypercalls", independent),
    ("own hypercalls, one lwp for all threads", thread_local),
];

/// It runs, and nothing of rumpuser-posix is in it.
fn independent(example: &Example) -> Result<(), String> {
    works(&example.cargo(&["run"], &[])?, &PRINTED)?;
    let program = example.programs().join("own-hypercalls");
    let program = fs::read(&program).map_err(|error| format!("{}: {error}", program.display()))?;
    let has = |name: &[u8]| program.windows(name.len()).any(|window| window == name);
    if !has(OURS) {
        return Err("the program has no symbols to look at".to_owned());
    }
    if has(THEIRS) {
        return Err("the program contains rumpuser-posix".to_owned());
    }
    Ok(())
}

/// A kernel that finds its current lwp in a thread-local word takes all coroutines for one thread.
fn thread_local(example: &Example) -> Result<(), String> {
    let variables = [("RUMPKERNEL_CURLWP", "__thread".as_ref())];
    let output = example.cargo(&["run"], &variables)?;
    if output.status.success() {
        return Err("it ran".to_owned());
    }
    says(&output, &["build it with RUMPKERNEL_CURLWP=hypercall"])
}
