//! C and assembly sources to object files, with the C compiler that Cargo's users expect.
//!
//! - [`Compiler`] finds it by the conventions of the crate `cc` and asks it, once, what it makes;
//! - [`flags`] says how kernel code is compiled, whatever the component;
//! - [`Command`] is one compilation, whose failure shows the command and the compiler's words;
//! - [`pool`] runs many at once, under Cargo's jobserver;
//! - [`depfile`] reads which headers were used.

mod command;
mod compiler;
pub mod depfile;
pub mod flags;
pub mod pool;
mod probe;
mod user_flags;

use std::io;
use std::path::PathBuf;

#[cfg(feature = "instances")]
pub(crate) use command::show;
pub use command::{Command, Compiled};
pub use compiler::{Compiler, Search, environment};

/// Why nothing was compiled, or not everything.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No compiler is installed, or not where a variable says.
    #[error(
        "no C compiler for {target}: `{program}` cannot be run; \
         {remedy}, or name another (clang is one for every target) in CC_{}", target.replace('-', "_")
    )]
    NoCompiler {
        /// The target's triple.
        target: String,
        /// What was tried.
        program: String,
        /// What to install.
        remedy: String,
        /// The system's answer.
        source: io::Error,
    },
    /// The crate `cc` cannot say which compiler to use.
    #[error("no C compiler for {target}: {reason}")]
    Search {
        /// The target's triple.
        target: String,
        /// The crate's words.
        reason: String,
    },
    /// The compiler cannot say what it is, or makes something that is no use.
    #[error(
        "the C compiler `{program}` cannot be used for {target}: {reason}; \
         CC_{0} names another, and CFLAGS_{0} its flags", target.replace('-', "_")
    )]
    Unsuitable {
        /// The target's triple.
        target: String,
        /// The compiler.
        program: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A source does not compile.
    #[error("cannot compile {}: the C compiler ended with {status}\ncommand: {command}\n{words}", file.display())]
    Failed {
        /// The source.
        file: PathBuf,
        /// The command, quoted for a shell.
        command: String,
        /// Its exit status.
        status: String,
        /// What it printed.
        words: String,
    },
    /// The compiler ran, but its result is not what a kernel can be made of.
    #[error("cannot use the object of {}\ncommand: {command}", file.display())]
    Object {
        /// The source.
        file: PathBuf,
        /// The command, quoted for a shell.
        command: String,
        /// What is wrong.
        source: crate::namespace::Error,
    },
    /// A file of the build could not be read or written.
    #[error("cannot read, write or run {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// Cargo's jobserver, or the system, gave up.
    #[error("cannot run compilers in parallel")]
    Pool(#[source] io::Error),
}
