//! A kernel on hypercalls of a crate's own: `examples/own-hypercalls`, copied elsewhere, as it is and with a kernel that
//! does not suit it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{fs, io};

use crate::own::{copy, says};

const CHECKOUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

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

/// A check, and what it is called.
pub(crate) type Check = (&'static str, fn(&Path) -> Result<(), String>);

pub(crate) const CHECKS: &[Check] = &[
    ("own hypercalls", works),
    ("own hypercalls, one lwp for all threads", thread_local),
];

fn works(beside: &Path) -> Result<(), String> {
    let example = Example::create(beside)?;
    let output = example.run(&[])?;
    says(&output, &PRINTED)?;
    if !output.status.success() {
        return Err(format!("it ended with {}", output.status));
    }
    let program = example.target.join("debug/own-hypercalls");
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
fn thread_local(beside: &Path) -> Result<(), String> {
    let output = Example::create(beside)?.run(&[("RUMPKERNEL_CURLWP", "__thread")])?;
    if output.status.success() {
        return Err("it ran".to_owned());
    }
    says(&output, &["build it with RUMPKERNEL_CURLWP=hypercall"])
}

/// A copy of the example.
struct Example {
    folder: PathBuf,
    target: PathBuf,
}

impl Example {
    /// Copies into the folder of another crate, whose target folder is used, too.
    fn create(beside: &Path) -> Result<Self, String> {
        let example = Self {
            folder: beside.join("own-hypercalls"),
            target: beside.join("target"),
        };
        let copied = example.copy();
        copied.map_err(|error| format!("{}: {error}", example.folder.display()))?;
        Ok(example)
    }

    fn copy(&self) -> io::Result<()> {
        let checkout = fs::canonicalize(CHECKOUT)?;
        copy(&checkout.join("examples/own-hypercalls"), &self.folder)?;
        // The versions that the workspace is tested with; Cargo adds those that only the example has.
        fs::copy(checkout.join("Cargo.lock"), self.folder.join("Cargo.lock"))?;
        let manifest = self.folder.join("Cargo.toml");
        let text = fs::read_to_string(&manifest)?;
        fs::write(
            manifest,
            text.replace("../../", &format!("{}/", checkout.display())),
        )
    }

    fn run(&self, variables: &[(&str, &str)]) -> Result<Output, String> {
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .arg("run")
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", &self.target)
            .envs(variables.iter().copied());
        cargo
            .output()
            .map_err(|error| format!("{cargo:?}: {error}"))
    }
}
