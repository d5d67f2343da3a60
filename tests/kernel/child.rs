//! This program again, for one test.

use std::env;
use std::io::Read;
use std::panic;
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::{Completion, Failed};
use rumpkernel_harness::Missing;
use rumpkernel_tests::emulator;

use crate::Test;
use crate::place::patience;

/// Tells a process which test it is to run.
const TEST: &str = "RUMPKERNEL_TEST_CHILD";
/// Tells it to use the linked kernel.
const LINKED: &str = "RUMPKERNEL_TEST_LINKED";

/// The exit code of a process whose test cannot run on this machine; the last line that it prints
/// is the reason.
const CANNOT_RUN: u8 = 77;

/// The test that this process is for.
pub(crate) fn wanted() -> Option<String> {
    env::var(TEST).ok()
}

/// Whether this process is to use the kernel that is linked into the program.
pub(crate) fn uses_linked() -> bool {
    env::var_os(LINKED).is_some()
}

/// Runs the test that this process is for, and tells the parent where it cannot run.
pub(crate) fn end(test: Test) -> ExitCode {
    let Err(panic) = panic::catch_unwind(test.run) else {
        return ExitCode::SUCCESS;
    };
    match panic.downcast::<Missing>() {
        Ok(missing) => {
            println!("{missing}");
            ExitCode::from(CANNOT_RUN)
        }
        Err(panic) => panic::resume_unwind(panic),
    }
}

/// Another process for the same test, which finds out by other means what it is to do.
pub(crate) fn again(test: &str) -> Command {
    let mut command = Command::new(env::current_exe().expect("this program has a path"));
    command.env(TEST, test);
    command
}

/// Runs a test in a process of its own.
pub(crate) fn run(test: Test, linked: bool) -> Result<Completion, Failed> {
    let mut command = Command::new(env::current_exe()?);
    command
        .env(TEST, test.name)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if linked {
        command.env(LINKED, "yes");
    }
    if emulator().is_some() {
        // Threads of the test before may not have ended to the last in qemu-user, and what it forks
        // meanwhile can hang.
        thread::sleep(Duration::from_millis(50));
    }
    let mut child = command.spawn()?;
    let outputs = [
        read_on_thread(child.stdout.take()),
        read_on_thread(child.stderr.take()),
    ];
    let (begin, patience) = (Instant::now(), patience());
    let status = loop {
        match child.try_wait()? {
            Some(status) => break Some(status),
            None if begin.elapsed() > patience => {
                child.kill()?;
                child.wait()?;
                break None;
            }
            None => thread::sleep(Duration::from_millis(2)),
        }
    };
    let said: String = outputs
        .into_iter()
        .map(|output| output.join().unwrap_or_default())
        .collect();
    match status {
        Some(status) if status.success() => Ok(Completion::Completed),
        Some(status) if status.code() == Some(CANNOT_RUN.into()) => {
            let reason = said.lines().last().unwrap_or_default();
            Missing::on_this_machine(reason).answer()
        }
        Some(status) => Err(format!("{status}\n{said}").into()),
        None => Err(format!("it hangs\n{said}").into()),
    }
}

fn read_on_thread(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _partial = pipe.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
