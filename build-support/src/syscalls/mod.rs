//! System call tables of emulations: what NetBSD's `makesyscalls.sh` makes of a `syscalls.master`.
//!
//! The components `rumpkern_sys_*` have such a list each, with a `syscalls.conf` beside it, and compile
//! what comes of it: the table of calls and two headers. Only what these lists use is known;
//! everything else is an error with file and line. The tests run the tree's own script and compare.

mod call;
mod conf;
mod error;
mod master;
mod write;

use std::fs;
use std::path::{Path, PathBuf};

pub use error::{Error, Fault};

/// The choices, beside the list.
const CONF: &str = "syscalls.conf";
/// The list.
const MASTER: &str = "syscalls.master";

/// What is generated, each file with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tables {
    /// The table of calls, which is compiled.
    pub table: (String, String),
    /// The header with the structures of arguments and the prototypes of the calls.
    pub arguments: (String, String),
    /// The header with the calls' numbers.
    pub numbers: (String, String),
    /// The files that were read.
    pub read: Vec<PathBuf>,
}

/// True if the folder has a list of system calls.
#[must_use]
pub fn exist(folder: &Path) -> bool {
    folder.join(MASTER).is_file()
}

/// Makes the tables of the list in `folder`.
///
/// # Errors
///
/// If the list or its configuration cannot be read or holds what is not known here.
pub fn generate(folder: &Path) -> Result<Tables, Error> {
    let conf = folder.join(CONF);
    let master = folder.join(MASTER);
    let choices = conf::parse(&read(&conf)?).map_err(Error::at(&conf))?;
    let lines = master::parse(&read(&master)?).map_err(Error::at(&master))?;
    let tables = write::Writer::new(&choices)
        .run(&lines)
        .map_err(Error::at(&master))?;
    Ok(Tables {
        table: (choices.table, tables.table),
        arguments: (choices.arguments, tables.arguments),
        numbers: (choices.numbers, tables.numbers),
        read: vec![conf, master],
    })
}

/// Files of the tree are Latin-1 here and there.
fn read(path: &Path) -> Result<String, Error> {
    let bytes = fs::read(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
