//! Every machine that kernels are run for: what it costs, and what works there.
//!
//! `cross-matrix [TRIPLE…]`, by default all that `.ci/cross/run targets` names. For each, tmpfs, FFS and TCP/IP are
//! compiled into an empty store, the example `quickstart` is run some times, and then the tests of rumpuser-posix and of
//! the safe API, under an emulator where this machine cannot run the programs. One table is printed at the end. That takes
//! some eight minutes a target. `.ci/cross/run setup` makes ready what is needed.

mod compile;
mod run;

use std::fmt::Write as _;
use std::process::ExitCode;

use compile::Compiled;
use run::{Cross, Tests};

/// What was found out about a target.
struct Row {
    target: String,
    compiled: Result<Compiled, String>,
    boot: Result<f64, String>,
    tests: Tests,
}

impl Row {
    fn measure(cross: &Cross, target: &str) -> Self {
        eprintln!("{target}: compiling a kernel");
        let compiled = compile::kernel(target).map_err(|error| error.to_string());
        eprintln!("{target}: booting");
        let boot = cross.boot(target);
        eprintln!("{target}: testing");
        let tests = cross.tests(target);
        Self {
            target: target.to_owned(),
            compiled,
            boot,
            tests,
        }
    }

    /// What went wrong, in full.
    fn complaints(&self) -> String {
        let mut text = String::new();
        let errors = [self.compiled.as_ref().err(), self.boot.as_ref().err()];
        for error in errors.into_iter().flatten() {
            let _ = writeln!(text, "{}: {error}", self.target);
        }
        for complaint in &self.tests.complaints {
            let _ = writeln!(text, "{}: {complaint}", self.target);
        }
        text
    }

    fn show(&self) {
        let or_dash = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        let compiled = self.compiled.as_ref().ok();
        println!(
            "{:<32} {:>7} {:>8} {:>9} {:>7} {:>7} {:>8}",
            self.target,
            or_dash(compiled.map(|found| format!("{:.1}", found.cpu.as_secs_f64()))),
            or_dash(compiled.map(|found| format!("{:.1}", found.bytes as f64 / 1e6))),
            or_dash(self.boot.as_ref().ok().map(|boot| format!("{boot:.1}"))),
            self.tests.passed,
            self.tests.failed,
            self.tests.ignored,
        );
    }
}

fn main() -> ExitCode {
    let cross = Cross::new();
    let mut targets: Vec<String> = std::env::args().skip(1).collect();
    if targets.is_empty() {
        targets = match cross.targets() {
            Ok(targets) => targets,
            Err(error) => {
                eprintln!("cross-matrix: {error}");
                return ExitCode::FAILURE;
            }
        };
    }
    let rows: Vec<Row> = targets
        .iter()
        .map(|target| Row::measure(&cross, target))
        .collect();
    println!(
        "{:<32} {:>7} {:>8} {:>9} {:>7} {:>7} {:>8}",
        "tmpfs, ffs, inet", "CPU s", "MB", "boot, ms", "passed", "failed", "not run"
    );
    rows.iter().for_each(Row::show);
    let complaints: String = rows.iter().map(Row::complaints).collect();
    print!("{complaints}");
    if complaints.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
