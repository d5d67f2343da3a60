//! What can go wrong in a build, whatever the stage.

use std::io;
use std::path::PathBuf;

#[cfg(feature = "instances")]
use crate::image;
use crate::target::UnsupportedTarget;
use crate::{compile, component, config, snapshot, syscalls};

/// Why nothing was built.
///
/// Its message is meant for the user of the whole project: it says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no NetBSD machine for the target.
    #[error(transparent)]
    Target(#[from] UnsupportedTarget),
    /// No verified source tree.
    #[error(transparent)]
    Sources(#[from] snapshot::Error),
    /// A component that the tree does not have, or a Makefile that cannot be understood.
    #[error(transparent)]
    Component(#[from] component::Error),
    /// An ioconf file that cannot be understood.
    #[error("component {component} cannot be built")]
    Config {
        /// The component.
        component: String,
        /// What is wrong.
        source: config::Error,
    },
    /// A list of system calls that cannot be understood.
    #[error("component {component} cannot be built")]
    SystemCalls {
        /// The component.
        component: String,
        /// What is wrong.
        source: syscalls::Error,
    },
    /// A file that a component's Makefile generates in a way that is not known here.
    #[error(
        "component {component} needs the generated file {file}, which this version of rumpkernel-build cannot make"
    )]
    NotGenerated {
        /// The component.
        component: String,
        /// The file's name.
        file: String,
    },
    /// A component that a part of a tree was not made for.
    #[error(
        "component {component} is not among the packaged sources in {}: they have no {}; make the package \
         again with it (`cargo rumpkernel package --features …`)",
        tree.display(), file.display()
    )]
    NotPackaged {
        /// The component.
        component: String,
        /// A source of it that is not there.
        file: PathBuf,
        /// The packaged sources.
        tree: PathBuf,
    },
    /// A name for a component of one's own that no file can have.
    #[error("`{0}` cannot be a component's name: expected letters, digits and underscores")]
    Name(String),
    /// A folder of a component of one's own that depends on where the build runs.
    #[error(
        "`{}` is not absolute: expected the absolute path of a component's folder, such as `relative = true` makes \
         of one in the [env] of .cargo/config.toml",
        .0.display()
    )]
    RelativeFolder(PathBuf),
    /// A component of one's own with sources for the host.
    #[error(
        "component {component} has {} in RUMPCOMP_USER_SRCS, which is code for the host: write it in Rust \
         (`#[unsafe(no_mangle)] extern \"C\" fn`), or compile it with the crate cc",
        file.display()
    )]
    UserSources {
        /// The component.
        component: String,
        /// The first of them.
        file: PathBuf,
    },
    /// A component of one's own that is named like another one.
    #[error(
        "there are two components {0}: give the one of your own another name (LIB in its Makefile)"
    )]
    NameTaken(String),
    /// A component of one's own that defines a symbol of another component.
    #[error(
        "component {own} defines {symbol}, and so does {other}: make it static, or give it another name"
    )]
    Collision {
        /// The symbol, as it is in the library.
        symbol: String,
        /// The component of one's own.
        own: String,
        /// The other.
        other: String,
    },
    /// A file of the tree does not say what it must.
    #[error("{}: expected {expected}", path.display())]
    Unexpected {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        expected: &'static str,
    },
    /// No compiler, or one that failed.
    #[error(transparent)]
    Compile(#[from] compile::Error),
    /// A kernel image is wanted of a builder that cannot make it.
    #[error("this build cannot make kernel images: enable rumpkernel-build's feature `instances`")]
    WithoutImages,
    /// No kernel image.
    #[cfg(feature = "instances")]
    #[error(transparent)]
    Image(#[from] image::Error),
    /// A file of the build could not be read or written.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was to be done.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
}

impl Error {
    /// Wraps the system's answer about a file.
    pub(super) fn file(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            action,
            path,
            source,
        }
    }
}
