//! The catalogue: which components a snapshot has, what each is made of, and what each needs.

use std::path::PathBuf;

/// One component as its own Makefile describes it, evaluated for one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// `LIB`: the library's name without `lib`, such as `rumpfs_ffs`.
    pub name: String,
    /// `COMMENT`: what it is, in the snapshot's words.
    pub comment: String,
    /// The folder of its Makefile, relative to the source tree, such as `sys/rump/fs/lib/libffs`.
    pub directory: PathBuf,
    /// `SRCS`, resolved through `.PATH`, without the user side's and without headers.
    pub sources: Vec<Source>,
    /// `CPPFLAGS` in order: for C and assembly. `-I.` means the component's object folder.
    pub cppflags: Vec<String>,
    /// `CFLAGS` in order, without warnings and optimisation.
    pub cflags: Vec<String>,
    /// `AFLAGS` in order.
    pub aflags: Vec<String>,
    /// The file for config(1), relative to the source tree, if the component has one.
    pub ioconf: Option<PathBuf>,
    /// `RUMPCOMP_USER_SRCS`: host-side sources, which the hypercall crates replace.
    pub user_sources: Vec<PathBuf>,
}

/// One file to compile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where it comes from.
    pub origin: Origin,
    /// `CPPFLAGS.<file>`, `COPTS.<file>` and the like: flags for this file alone, in order.
    pub flags: Vec<String>,
    /// False for objects listed in `RUMPOBJ_NORENAME`.
    pub rename: bool,
}

/// Where a source file comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In the source tree, relative to its root.
    Tree(PathBuf),
    /// Generated into the component's object folder under this name (such as `vers.c`).
    Generated(String),
}
