//! Kernel components of a crate's own: `examples/own-component`, copied elsewhere, as it is and with what users do wrong.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{fs, io};

const CHECKOUT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// What the example prints when its driver works.
const PRINTED: [&str; 3] = [
    "caesar0 at mainbus0: letters move on by 3",
    "caesar1 at mainbus0: letters move on by 3",
    "Yhql, ylgl, ylfl.",
];

/// A check, and what it is called.
pub(crate) type Check = (&'static str, fn(&Own) -> Result<(), String>);

pub(crate) const CHECKS: &[Check] = &[
    ("own component, linked", linked),
    ("own component, loaded", loaded),
    ("own component, loaded without it", loaded_without),
    ("own component that does not compile", broken),
    ("own component without what it needs", needy),
    ("own component without rumpkernel-sys", indirect),
];

/// A copy of the example.
pub(crate) struct Own {
    folder: PathBuf,
    target: PathBuf,
}

impl Own {
    /// Copies into the folder of another crate, whose target folder is used, too.
    pub(crate) fn create(beside: &Path) -> io::Result<Self> {
        let checkout = fs::canonicalize(CHECKOUT)?;
        let folder = beside.join("own");
        copy(&checkout.join("examples/own-component"), &folder)?;
        // The versions that the workspace is tested with; nothing is looked up.
        fs::copy(checkout.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        let own = Self {
            target: beside.join("target"),
            folder,
        };
        let from = format!("{}/", checkout.display());
        own.edit("Cargo.toml", "../../", &from)?;
        Ok(own)
    }

    /// Puts a text in place of another one in a file.
    fn edit(&self, file: &str, from: &str, to: &str) -> io::Result<()> {
        let path = self.folder.join(file);
        let text = fs::read_to_string(&path)?;
        if !text.contains(from) {
            let reason = format!("{file} has no `{from}`");
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        fs::write(path, text.replace(from, to))
    }

    fn cargo(&self, arguments: &[&str], variables: &[(&str, &Path)]) -> Result<Output, String> {
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .args(arguments)
            .arg("--offline")
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", &self.target)
            .envs(variables.iter().copied());
        cargo
            .output()
            .map_err(|error| format!("{cargo:?}: {error}"))
    }

    /// Builds with a text in place of another one, which has to fail with these words.
    fn refused(&self, file: &str, from: &str, to: &str, words: &[&str]) -> Result<(), String> {
        let edit = |from, to| self.edit(file, from, to).map_err(|error| error.to_string());
        edit(from, to)?;
        let output = self.cargo(&["build"], &[]);
        edit(to, from)?;
        let output = output?;
        if output.status.success() {
            return Err("it was built".to_owned());
        }
        says(&output, words)
    }
}

fn linked(own: &Own) -> Result<(), String> {
    works(&own.cargo(&["run"], &[])?)
}

fn loaded(own: &Own) -> Result<(), String> {
    let driver = own.folder.join("driver");
    let variables = [("RUMPKERNEL_OWN_COMPONENTS", driver.as_path())];
    works(&own.cargo(&["run", "--features", "instances"], &variables)?)
}

/// The build warns, and kernels have no such device.
fn loaded_without(own: &Own) -> Result<(), String> {
    let output = own.cargo(&["run", "--features", "instances"], &[])?;
    if output.status.success() {
        return Err("a loaded kernel has the component".to_owned());
    }
    says(
        &output,
        &["RUMPKERNEL_OWN_COMPONENTS", "/dev/caesar0", "ENOENT"],
    )
}

fn broken(own: &Own) -> Result<(), String> {
    let (good, bad) = ("#define CAESAR_SHIFT\t3", "#error veni");
    own.refused("driver/caesar.c", good, bad, &["#error veni", "caesar.c:"])
}

fn needy(own: &Own) -> Result<(), String> {
    let words = ["rumpdev_caesar needs rumpdev", "feature"];
    own.refused("Cargo.toml", "\"dev\"", "\"vfs\"", &words)
}

fn indirect(own: &Own) -> Result<(), String> {
    let words = ["DEP_RUMPKERNEL_SOURCE is not set", "[dependencies]"];
    let dependency = "rumpkernel-sys = ";
    own.refused("Cargo.toml", dependency, "# rumpkernel-sys = ", &words)
}

fn works(output: &Output) -> Result<(), String> {
    says(output, &PRINTED)?;
    if output.status.success() {
        Ok(())
    } else {
        Err(format!("it ended with {}", output.status))
    }
}

/// Fails unless a command has printed all of these words.
pub(crate) fn says(output: &Output, words: &[&str]) -> Result<(), String> {
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    match words.iter().find(|word| !text.contains(**word)) {
        Some(word) => Err(format!("it does not say `{word}` but\n{text}")),
        None => Ok(()),
    }
}

/// Copies a folder of a checkout, without what Cargo makes in it.
pub(crate) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_name() == "target" {
            continue;
        } else if from.is_dir() {
            copy(&from, &to)?;
        } else {
            fs::copy(&from, &to)?;
        }
    }
    Ok(())
}
