//! Tests of the safe API against a real kernel.
//!
//! This program runs itself again for each test, in a process of its own, because the kernel linked
//! into a program can be booted once; a process that hangs is ended, and its test has failed. Listing
//! and filtering are those of Rust's own harness, so that cargo-nextest works too.

mod bad_images;
mod clocks;
mod ends;
mod faults;
mod files;
mod footprint;
mod images;
mod instances;
mod mounts;
mod network;
mod threads;
mod world;

use std::env;
use std::io::Read;
use std::process::{Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};

/// A test: its name and what it does in its own process.
type Test = (&'static str, fn());

/// Names the tests of a module after their functions.
macro_rules! tests {
    ($($test:ident),* $(,)?) => {
        pub(crate) const TESTS: &[crate::Test] =
            &[$((concat!(module_path!(), "::", stringify!($test)), $test)),*];
    };
}
pub(crate) use tests;

const ALL: &[&[Test]] = &[
    bad_images::TESTS,
    clocks::TESTS,
    ends::TESTS,
    faults::TESTS,
    files::TESTS,
    images::TESTS,
    instances::TESTS,
    mounts::TESTS,
    network::TESTS,
    threads::TESTS,
];

/// Tells a process which test it is to run.
const CHILD: &str = "RUMPKERNEL_TEST_CHILD";

/// After this a test counts as hanging. Tests take a fraction of a second.
const PATIENCE: Duration = Duration::from_secs(120);

fn main() -> ExitCode {
    let tests = ALL.iter().copied().flatten();
    if let Some(name) = env::var_os(CHILD) {
        let (_, test) = tests
            .into_iter()
            .find(|(known, _)| name == *known)
            .expect("a known test");
        test();
        return ExitCode::SUCCESS;
    }
    let trials = tests
        .map(|&(name, _)| {
            let short = name.trim_start_matches("kernel::");
            Trial::test(short, move || run_child(name))
        })
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn run_child(name: &str) -> Result<(), Failed> {
    let mut child = Command::new(env::current_exe()?)
        .env(CHILD, name)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let outputs = [
        read_on_thread(child.stdout.take()),
        read_on_thread(child.stderr.take()),
    ];
    let begin = Instant::now();
    let status = loop {
        match child.try_wait()? {
            Some(status) => break Some(status),
            None if begin.elapsed() > PATIENCE => {
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
        Some(status) if status.success() => Ok(()),
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
