//! The catalogue: which components a snapshot has, what each is made of, and what each needs.
//!
//! In flags, [`TREE`](crate::bsdmake::TREE) stands for the source tree's folder and
//! [`OBJECTS`](crate::bsdmake::OBJECTS) for the component's object folder; [`placed`] replaces both. So a
//! component's description is the same wherever tree and build lie.

mod catalogue;
mod closure;
mod evaluate;
mod flags;
mod needs;
mod options;

use std::path::{Path, PathBuf};

pub use catalogue::{Catalogue, Entry, Kind};
pub use evaluate::evaluate;
pub use flags::placed;
pub use needs::{Need, needs};
pub use options::{CurLwp, Options};

/// One component as its own Makefile describes it, evaluated for one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// `LIB`: the library's name without `lib`, such as `rumpfs_ffs`.
    pub name: String,
    /// `COMMENT`: what it is, in the snapshot's words.
    pub comment: String,
    /// The folder of its Makefile, relative to the source tree, such as `sys/rump/fs/lib/libffs`. This and all other
    /// paths are absolute for what lies outside of the tree.
    pub directory: PathBuf,
    /// `SRCS`, resolved through `.PATH`, without the user side's and without headers; each object once.
    pub sources: Vec<Source>,
    /// `CPPFLAGS` in order: for C and assembly.
    pub cppflags: Vec<String>,
    /// `CFLAGS` in order, without warnings, optimisation and debugging.
    pub cflags: Vec<String>,
    /// `AFLAGS` in order, without warnings.
    pub aflags: Vec<String>,
    /// The file for config(1), relative to the source tree, if the component has one.
    pub ioconf: Option<PathBuf>,
    /// `RUMPCOMP_USER_SRCS`: host-side sources, which the hypercall crates replace.
    pub user_sources: Vec<PathBuf>,
    /// `RUMPCOMP_USER_CPPFLAGS` in order: for the host-side sources.
    pub user_cppflags: Vec<String>,
    /// Every Makefile that was read for it, relative to the source tree.
    pub makefiles: Vec<PathBuf>,
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

impl Origin {
    /// The file's name without folders, such as `vers.c`.
    pub fn file_name(&self) -> String {
        match self {
            Self::Tree(path) => path
                .file_name()
                .unwrap_or(path.as_os_str())
                .to_string_lossy()
                .into_owned(),
            Self::Generated(name) => name.clone(),
        }
    }

    /// True for assembly, which is compiled with `AFLAGS` in place of `CFLAGS`.
    pub fn is_assembly(&self) -> bool {
        Path::new(&self.file_name())
            .extension()
            .is_some_and(|suffix| suffix == "S" || suffix == "s")
    }
}

/// What can be wrong with a component or a selection of components.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A Makefile that cannot be evaluated.
    #[error(transparent)]
    Make(#[from] crate::bsdmake::Error),
    /// A folder whose name is not text.
    #[error("the component folder {} has a name that is not UTF-8", .0.display())]
    Folder(PathBuf),
    /// A Makefile that builds no library.
    #[error("{}/Makefile sets no LIB: it does not describe a component", .0.display())]
    Nameless(PathBuf),
    /// A source that is nowhere.
    #[error(
        "component {component} lists {file}, which is neither along its .PATH nor made by a rule"
    )]
    MissingSource {
        /// The component's name.
        component: String,
        /// The source as `SRCS` names it.
        file: String,
    },
    /// An object with commands of its own.
    #[error("component {component} makes {object} by commands of its own, which are not run here")]
    OwnRule {
        /// The component's name.
        component: String,
        /// The object.
        object: String,
    },
    /// Objects that come from no source in `SRCS`.
    #[error("component {component} sets OBJS to {objects}: only what SRCS names is compiled here")]
    ExtraObjects {
        /// The component's name.
        component: String,
        /// The value of `OBJS`.
        objects: String,
    },
    /// A Makefile of the user's own that is not like those of the tree.
    #[error(
        "{}/Makefile has no `.include <bsd.lib.mk>`, which makes a kernel component of it",
        .0.display()
    )]
    NoRules(PathBuf),
    /// An ioconf file outside of the tree.
    #[error("IOCONF names {0}, which lies outside of the source tree")]
    Ioconf(String),
    /// None of the folders that list components is there.
    #[error("{} has no sys/rump: it is not a NetBSD source tree with rump kernel components", .0.display())]
    NotNetBsd(PathBuf),
    /// A component that the snapshot does not have.
    #[error("no component is called `{name}`{}", Near(near))]
    Unknown {
        /// The name that was given.
        name: String,
        /// Names of components that are much the same.
        near: Vec<String>,
    },
    /// A component without something that it cannot do without.
    #[error("component {component} needs {need}, which this snapshot does not have")]
    MissingNeed {
        /// The component.
        component: String,
        /// What it needs.
        need: &'static str,
    },
    /// Two components that cannot be in one kernel.
    #[error("{one} and {other} cannot be in one kernel: {reason}")]
    Conflict {
        /// One of them.
        one: &'static str,
        /// The other.
        other: &'static str,
        /// Why not.
        reason: &'static str,
    },
    /// A tree whose lists do not have the kernel base.
    #[error("the lists of the source tree do not name librump, the kernel base")]
    NoBase,
}

/// A list of near matches at the end of a message.
struct Near<'a>(&'a [String]);

impl std::fmt::Display for Near<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            [] => write!(
                f,
                "; `cargo rumpkernel components` lists those of this snapshot"
            ),
            near => write!(f, "; did you mean {}?", near.join(" or ")),
        }
    }
}
