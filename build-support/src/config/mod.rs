//! NetBSD's config(1) for components: `*.ioconf` and `files.*` to `ioconf.c`, `ioconf.h`, `locators.h`.
//!
//! A component with device drivers comes with an ioconf file, which says in the language of
//! config(5) which devices it configures and where they attach. What devices and attachments there
//! are, the tree's own `files.*` say. The tables made from the two hold the same data as those that
//! the tree's own config(1) makes; the text is laid out differently.
//!
//! Where config(1) complains about an ioconf and goes on, this is an [`Error`], except for what the
//! trees themselves rely on: see [`Generated::complaints`]. An ioconf knows no machine: config(1)
//! reads `arch/*/conf` only if an `include` says so.
//!
//! `lexer`, `line`, `grammar` and `kernel` turn text into `syntax`; `evaluate` and `conditional` carry
//! that out on `definitions`, `selection` and `negation`, where `places` tells what names mean;
//! `orphans` and `tables` draw the conclusions; `write` writes them down. `files` keeps what was parsed.

mod conditional;
mod definitions;
mod error;
mod evaluate;
mod files;
mod grammar;
mod kernel;
mod lexer;
mod line;
mod negation;
mod orphans;
mod places;
mod selection;
mod syntax;
mod tables;
mod write;

use std::fmt;
use std::path::PathBuf;

pub use error::{Error, Location};
pub use files::Files;

/// What config(1) makes of an ioconf file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    /// `ioconf.c`, which a component's source file includes.
    pub ioconf_c: String,
    /// `ioconf.h`, which `ioconf.c` and drivers include.
    pub ioconf_h: String,
    /// `locators.h`, which drivers include.
    pub locators_h: String,
    /// Every file that the result depends on, in the order of first reading. A file of a `cinclude`
    /// is named even if it does not exist, because its appearance would change the result.
    pub read: Vec<PathBuf>,
    /// Definitions that were left out, as config(1) leaves them out. The trees rely on it: some
    /// `files.*` attach devices that only some ports define, and one ioconf selects an attribute as if
    /// it were a pseudo-device. Worth showing only if something that should be there is missing.
    pub complaints: Vec<Complaint>,
}

/// Something that was left out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// The statement.
    pub at: Location,
    /// What is wrong with it.
    pub text: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.text)
    }
}
