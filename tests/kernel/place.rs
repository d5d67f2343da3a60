//! Where a test runs: in this process, or in one of its own.

use std::fmt::Display;
use std::panic;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use libtest_mimic::{Completion, Failed};
use rumpkernel_harness::Missing;
use rumpkernel_tests::emulator;

use crate::{Test, console};

/// Where a test can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// With loaded kernels beside other tests, and with the linked kernel.
    Anywhere,
    /// Like `Anywhere`, of what drivers do: with the linked kernel, whose drivers are the same code,
    /// in campaigns only.
    Driver,
    /// With loaded kernels beside other tests.
    Loaded,
    /// With loaded kernels, in a process of its own: it changes the process, or looks at all of it.
    Alone,
    /// With the linked kernel only.
    Linked,
    /// Like `Alone`, with `-- --ignored` only: it does at length what another test does in short.
    Campaign,
}

/// After this a test counts as hanging. Tests take a fraction of a second, of an emulator's some
/// minutes at worst.
pub(crate) fn patience() -> Duration {
    let minutes = if emulator().is_some() { 10 } else { 2 };
    Duration::from_secs(60 * minutes)
}

/// Runs a test in this process. A test that hangs cannot be ended otherwise than with the process.
pub(crate) fn here(test: Test) -> Result<Completion, Failed> {
    let (done, waits) = channel::<()>();
    let watchdog = thread::spawn(move || {
        if waits.recv_timeout(patience()) == Err(RecvTimeoutError::Timeout) {
            eprintln!("{} hangs", test.name);
            std::process::abort();
        }
    });
    let log = console::begin();
    let outcome = panic::catch_unwind(test.run);
    drop(done);
    let _ended = watchdog.join();
    let panic = match outcome {
        Ok(()) => return Ok(Completion::Completed),
        Err(panic) => panic,
    };
    let panic = match panic.downcast::<Missing>() {
        Ok(missing) => return missing.answer(),
        Err(panic) => panic,
    };
    let reason = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("the test panicked");
    Err(format!("{reason}\n{}", log.text()).into())
}

/// Ends a test that finds out in the middle that it cannot run on this machine.
pub(crate) fn cannot_run(reason: impl Display) -> ! {
    // Nothing is printed: the harness says it.
    panic::resume_unwind(Box::new(Missing::on_this_machine(reason)))
}
