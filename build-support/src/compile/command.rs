//! One compilation.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Compiler, Error, depfile};
use crate::namespace::{self, Rules};

/// A source to compile and all that is told to the compiler about it.
#[derive(Debug, Clone)]
pub struct Command {
    /// The source.
    pub source: PathBuf,
    /// Flags, without those for input and output.
    pub flags: Vec<OsString>,
    /// The folder to run in and to write to.
    pub folder: PathBuf,
    /// The object's name there.
    pub object: String,
}

/// What a compilation gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiled {
    /// The object file, renamed.
    pub object: Vec<u8>,
    /// The source and every header that was read.
    pub dependencies: Vec<PathBuf>,
}

impl Command {
    /// Compiles, and prepares the object by the rules.
    ///
    /// # Errors
    ///
    /// Errors show the command as one would type it.
    pub fn run(&self, compiler: &Compiler, rules: &Rules<'_>) -> Result<Compiled, Error> {
        let object = self.folder.join(&self.object);
        let dependencies = object.with_extension("d");
        let mut command = compiler.command();
        command
            .current_dir(&self.folder)
            .args(&self.flags)
            .args([OsStr::new("-MD"), "-MF".as_ref(), dependencies.as_os_str()])
            .args([OsStr::new("-c"), "-o".as_ref(), object.as_os_str()])
            .arg(&self.source);
        let shown = show(&command);
        let output = command.output().map_err(|source| Error::File {
            path: command.get_program().into(),
            source,
        })?;
        if !output.status.success() {
            let words = [output.stderr, output.stdout].concat();
            return Err(Error::Failed {
                file: self.source.clone(),
                command: shown,
                status: output.status.to_string(),
                words: String::from_utf8_lossy(&words).trim_end().to_owned(),
            });
        }
        let mut bytes = read(&object)?;
        namespace::prepare(&mut bytes, rules).map_err(|source| Error::Object {
            file: self.source.clone(),
            command: shown,
            source,
        })?;
        let rule = read(&dependencies)?;
        for path in [&object, &dependencies] {
            fs::remove_file(path).map_err(file_error(path))?;
        }
        Ok(Compiled {
            object: bytes,
            dependencies: depfile::parse(&String::from_utf8_lossy(&rule)),
        })
    }

    /// How long it may take, in arbitrary units: the length of the source.
    #[must_use]
    pub fn weight(&self) -> u64 {
        fs::metadata(&self.source).map_or(0, |metadata| metadata.len())
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(file_error(path))
}

fn file_error(path: &Path) -> impl Fn(io::Error) -> Error {
    move |source| Error::File {
        path: path.to_owned(),
        source,
    }
}

/// The command as one would type it.
pub(crate) fn show(command: &std::process::Command) -> String {
    let mut words = Vec::new();
    if let Some(folder) = command.get_current_dir() {
        words.push("cd".to_owned());
        words.push(quote(folder.as_os_str()));
        words.push("&&".to_owned());
    }
    words.push(quote(command.get_program()));
    words.extend(command.get_args().map(quote));
    words.join(" ")
}

fn quote(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    shlex::try_quote(&word).map_or_else(|_| word.to_string(), |quoted| quoted.into_owned())
}
