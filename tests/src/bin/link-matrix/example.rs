//! The examples that are crates of their own, copied elsewhere.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{fs, io};

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples");

/// A check of an example, and what it is called.
pub(crate) type Check = (&'static str, fn(&Example) -> Result<(), String>);

/// A copy of an example.
pub(crate) struct Example {
    folder: PathBuf,
    target: PathBuf,
}

impl Example {
    /// Copies into the folder of another crate, whose target folder is used, too.
    pub(crate) fn create(beside: &Path, name: &str) -> io::Result<Self> {
        let examples = fs::canonicalize(EXAMPLES)?;
        let example = Self {
            folder: beside.join(name),
            target: beside.join("target"),
        };
        copy(&examples.join(name), &example.folder)?;
        // The versions that the workspace is tested with; Cargo adds those that only the example has.
        fs::copy(
            examples.join("../Cargo.lock"),
            example.folder.join("Cargo.lock"),
        )?;
        let from = format!("{}/../", examples.display());
        example.edit("Cargo.toml", "../../", &from)?;
        Ok(example)
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of the programs that were built.
    pub(crate) fn programs(&self) -> PathBuf {
        self.target.join("debug")
    }

    /// Puts a text in place of another one in a file.
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) -> io::Result<()> {
        let path = self.folder.join(file);
        let text = fs::read_to_string(&path)?;
        if !text.contains(from) {
            let reason = format!("{file} has no `{from}`");
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        fs::write(path, text.replace(from, to))
    }

    /// Runs Cargo there, with variables besides.
    pub(crate) fn cargo(
        &self,
        arguments: &[&str],
        variables: &[(&str, &OsStr)],
    ) -> Result<Output, String> {
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .args(arguments)
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", &self.target)
            .envs(variables.iter().copied());
        cargo
            .output()
            .map_err(|error| format!("{cargo:?}: {error}"))
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

/// Fails unless a command has printed all of these words and ended well.
pub(crate) fn works(output: &Output, words: &[&str]) -> Result<(), String> {
    says(output, words)?;
    if output.status.success() {
        Ok(())
    } else {
        Err(format!("it ended with {}", output.status))
    }
}

/// Copies a folder of a checkout, without what Cargo makes in it.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
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
