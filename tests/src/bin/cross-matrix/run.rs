//! Cargo for other machines, by `.ci/cross/run`.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// How often a kernel is booted.
const BOOTS: usize = 5;
/// What `quickstart` says when it has booted.
const BOOTED: &str = "booted a NetBSD kernel";

/// The outcome of all tests of a target.
#[derive(Default)]
pub(crate) struct Tests {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    pub(crate) ignored: u32,
    /// Tests that failed, and suites that did not end as they should.
    pub(crate) complaints: Vec<String>,
}

impl Tests {
    /// Counts what a run of tests says.
    fn count(&mut self, output: &Output) {
        let text = String::from_utf8_lossy(&output.stdout);
        let failed = self.complaints.len();
        let mut results = 0;
        for line in text.lines() {
            if let Some(result) = line.strip_prefix("test result: ") {
                results += 1;
                let number = |what: &str| -> u32 {
                    let before = result.split(what).next().unwrap_or_default();
                    let word = before.split_whitespace().next_back();
                    word.and_then(|word| word.parse().ok()).unwrap_or(0)
                };
                self.passed += number(" passed");
                self.failed += number(" failed");
                self.ignored += number(" ignored");
            } else if let Some(test) = line
                .strip_prefix("test ")
                .and_then(|rest| rest.strip_suffix("FAILED"))
            {
                let test = test.trim_end_matches([' ', '.']);
                self.complaints.push(format!("{test} failed"));
            }
        }
        let is_explained = self.complaints.len() > failed;
        if results == 0 || !output.status.success() && !is_explained {
            let words = String::from_utf8_lossy(&output.stderr);
            let last: Vec<&str> = words.lines().rev().take(20).collect();
            let last: Vec<&str> = last.into_iter().rev().collect();
            self.complaints.push(format!(
                "the tests ended with {}:\n{}",
                output.status,
                last.join("\n")
            ));
        }
    }
}

/// The script.
pub(crate) struct Cross(PathBuf);

impl Cross {
    pub(crate) fn new() -> Self {
        Self(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.ci/cross/run"))
    }

    /// The targets that it knows.
    pub(crate) fn targets(&self) -> Result<Vec<String>, String> {
        let output = self.output(&["targets"])?;
        let text = String::from_utf8_lossy(&output.stdout);
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// How long a kernel takes to boot, in milliseconds: the median.
    pub(crate) fn boot(&self, target: &str) -> Result<f64, String> {
        let cargo = ["cargo", target, "run", "--quiet", "--release"];
        let quickstart = ["-p", "rumpkernel-examples", "--example", "quickstart"];
        let mut boots = Vec::new();
        for _ in 0..BOOTS {
            let output = self.output(&[&cargo[..], &quickstart].concat())?;
            let text = String::from_utf8_lossy(&output.stdout);
            let line = text.lines().find(|line| line.ends_with(BOOTED));
            let time = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
            match time {
                Some(time) if output.status.success() => boots.push(time),
                _ => {
                    let words = String::from_utf8_lossy(&output.stderr);
                    let status = output.status;
                    return Err(format!(
                        "expected quickstart to say `{BOOTED}` and to end well; it ended with {status} and said:\n{text}{words}"
                    ));
                }
            }
        }
        boots.sort_by(f64::total_cmp);
        Ok(boots[BOOTS / 2])
    }

    pub(crate) fn tests(&self, target: &str) -> Tests {
        let mut tests = Tests::default();
        match self.output(&["test", target]) {
            Ok(output) => tests.count(&output),
            Err(error) => tests.complaints.push(error),
        }
        tests
    }

    fn output(&self, arguments: &[&str]) -> Result<Output, String> {
        let mut command = Command::new(&self.0);
        // What the cargo that runs this program says is for this machine.
        let own = std::env::vars_os().filter(|(name, _)| {
            let name = name.to_string_lossy();
            name.starts_with("CARGO") && name != "CARGO_HOME" || name.starts_with("RUST")
        });
        for (name, _) in own.filter(|(name, _)| name != "RUSTUP_HOME") {
            command.env_remove(name);
        }
        let output = command.args(arguments).output();
        output.map_err(|error| format!("{} cannot be run: {error}", self.0.display()))
    }
}
