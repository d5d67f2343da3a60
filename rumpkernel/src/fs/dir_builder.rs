//! How a directory is made, mkdir(2).

use std::path::Path;

use super::metadata::stat;
use crate::error::During as _;
use crate::{Errno, Error, Kernel, path, syscall};

/// Options for making directories, like `std::fs::DirBuilder`.
#[derive(Debug, Clone)]
pub struct DirBuilder {
    mode: u32,
    recursive: bool,
}

impl DirBuilder {
    /// Makes one directory with the permissions 0777, less the umask.
    pub fn new() -> Self {
        Self {
            mode: 0o777,
            recursive: false,
        }
    }

    /// Makes the directories above it that are missing, too, with the same permissions; it is no
    /// error then if the directory exists.
    pub fn recursive(&mut self, recursive: bool) -> &mut Self {
        self.recursive = recursive;
        self
    }

    /// The permissions of the directories that are made, less the umask. Bits beside 0777 are
    /// ignored, as mkdir(2) does.
    pub fn mode(&mut self, mode: u32) -> &mut Self {
        self.mode = mode;
        self
    }

    /// Makes the directory at `path`.
    ///
    /// # Errors
    ///
    /// Those of mkdir(2).
    pub fn create(&self, kernel: &Kernel, path: impl AsRef<Path>) -> Result<(), Error> {
        match self.recursive {
            true => self.create_all(kernel, path.as_ref()),
            false => self.create_one(kernel, path.as_ref()),
        }
    }

    fn create_one(&self, kernel: &Kernel, at: &Path) -> Result<(), Error> {
        path::to_kernel(at)
            .and_then(|name| syscall::tree::mkdir(kernel.handle(), &name, self.mode))
            .during_at("mkdir", at)
    }

    fn create_all(&self, kernel: &Kernel, at: &Path) -> Result<(), Error> {
        let mut missing = Vec::new();
        for directory in at.ancestors().filter(|path| !path.as_os_str().is_empty()) {
            match self.create_one(kernel, directory) {
                Ok(()) => break,
                Err(error) if error.errno() == Some(Errno::NOENT) => missing.push(directory),
                Err(error) => match stat(kernel, directory) {
                    Ok(found) if found.is_dir() => break,
                    _ => return Err(error),
                },
            }
        }
        for directory in missing.into_iter().rev() {
            match self.create_one(kernel, directory) {
                // Somebody else may have been faster.
                Err(error) if error.errno() != Some(Errno::EXIST) => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

impl Default for DirBuilder {
    fn default() -> Self {
        Self::new()
    }
}

/// Makes a directory with the permissions 0777 less the umask, mkdir(2).
///
/// # Errors
///
/// Those of mkdir(2).
pub fn create_dir(kernel: &Kernel, path: impl AsRef<Path>) -> Result<(), Error> {
    DirBuilder::new().create(kernel, path)
}

/// Makes a directory and those above it that are missing. It is no error if it exists.
///
/// # Errors
///
/// Those of mkdir(2).
pub fn create_dir_all(kernel: &Kernel, path: impl AsRef<Path>) -> Result<(), Error> {
    DirBuilder::new().recursive(true).create(kernel, path)
}
