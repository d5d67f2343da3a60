//! Configuration files, each read and parsed once.

use std::collections::HashMap;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::evaluate::Evaluation;
use super::grammar;
use super::syntax::Statement;
use super::{Error, Generated};

/// More bytes than any file of config(5) has.
const LARGEST: u64 = 1 << 22;

/// The configuration files of one source tree.
///
/// Parsed files are kept, so that the components of a build share the work on `conf/files` and the
/// like; a file that changes afterwards is not read again. Can be used from several threads.
#[derive(Debug)]
pub struct Files {
    sys: PathBuf,
    parsed: Mutex<HashMap<PathBuf, Arc<ParsedFile>>>,
}

/// A file and its statements.
#[derive(Debug)]
pub(super) struct ParsedFile {
    pub(super) path: Arc<Path>,
    pub(super) statements: Vec<Statement>,
}

impl Files {
    /// The files below `sys`, the kernel's folder in a NetBSD source tree.
    pub fn new(sys: impl Into<PathBuf>) -> Self {
        Files {
            sys: sys.into(),
            parsed: Mutex::default(),
        }
    }

    /// Turns an ioconf file into tables, as `config -b . -s <sys> <ioconf>` does.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, a statement that config(5) does not have, a name that nothing
    /// defines, a device that cannot be where it is put. The first one is reported, with its place.
    pub fn generate(&self, ioconf: &Path) -> Result<Generated, Error> {
        Evaluation::run(self, ioconf)
    }

    pub(super) fn sys(&self) -> &Path {
        &self.sys
    }

    /// The statements of a file.
    pub(super) fn open(&self, path: &Path) -> io::Result<Arc<ParsedFile>> {
        // A panic elsewhere cannot leave an entry half made.
        let lock = || self.parsed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = lock().get(path) {
            return Ok(Arc::clone(file));
        }
        // Old files have comments in Latin-1.
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path)?;
        file.take(LARGEST + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LARGEST {
            let what = format!("more than {LARGEST} bytes, which no such file has");
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, what));
        }
        let statements = grammar::parse(&String::from_utf8_lossy(&bytes));
        let file = Arc::new(ParsedFile {
            path: Arc::from(path),
            statements,
        });
        lock().insert(path.to_owned(), Arc::clone(&file));
        Ok(file)
    }
}
