//! What a command can fail with.

use std::io;
use std::path::PathBuf;
use std::process::ExitStatus;

use rumpkernel_build::target::UnsupportedTarget;
use rumpkernel_build::{builder, component, snapshot};

/// Why a command did not do what was asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No verified sources.
    #[error(transparent)]
    Sources(#[from] snapshot::Error),
    /// A component that is not there, or a Makefile that cannot be understood.
    #[error(transparent)]
    Component(#[from] component::Error),
    /// A component whose generated files cannot be made.
    #[error(transparent)]
    Build(#[from] builder::Error),
    /// There is no NetBSD machine for the target.
    #[error(transparent)]
    Target(#[from] UnsupportedTarget),
    /// A name that is neither a feature's nor a component's.
    #[error(
        "`{name}` is neither a feature of rumpkernel or rumpkernel-sys nor a component of snapshot {snapshot}{}",
        suggestion(near)
    )]
    UnknownName {
        /// The name.
        name: String,
        /// The snapshot that was looked into.
        snapshot: String,
        /// Names that are much the same.
        near: Vec<String>,
    },
    /// The cached tree is not what its manifest says.
    #[error("{}: its content is not what is pinned; run `cargo rumpkernel verify`, then fetch it again", .0.display())]
    Altered(PathBuf),
    /// The folder for a package holds something else.
    #[error(
        "{} is there already and is no crate made by `cargo rumpkernel package`; remove it or choose another \
         folder with --output",
        .0.display()
    )]
    Occupied(PathBuf),
    /// A package that a registry would refuse.
    #[error(
        "the packaged crate takes {size}, more than the {limit} that a registry accepts; choose fewer features \
         or fewer targets (--target), or make it all the same with --any-size"
    )]
    TooLarge {
        /// Its compressed size.
        size: String,
        /// The most that is accepted.
        limit: String,
    },
    /// A prefix that would mean another folder wherever it is read.
    #[error("the prefix {} is relative; give the whole path, for it is written into rumpuser.pc", .0.display())]
    RelativePrefix(PathBuf),
    /// There is no C compiler.
    #[error("the C compiler for the target cannot be found")]
    Compiler(#[from] cc::Error),
    /// A tool that could not do its part.
    #[error("{} failed ({status}):\n{said}", tool.display())]
    Tool {
        /// The program.
        tool: PathBuf,
        /// How it ended.
        status: ExitStatus,
        /// What it printed.
        said: String,
    },
    /// Cargo made something else.
    #[error("cargo has made no static library of {0}, or does not say what it needs")]
    NoLibrary(&'static str),
    /// Some of what was asked for was not done, as has been said.
    #[error("{0}")]
    Incomplete(String),
    /// A file could not be read or written.
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
    /// Whether the command line names what there is not, so that no other cache, network or disk
    /// would have made it right.
    pub(crate) fn is_of_the_command_line(&self) -> bool {
        matches!(
            self,
            Self::Sources(snapshot::Error::UnknownSnapshot { .. })
                | Self::RelativePrefix(_)
                | Self::Target(_)
                | Self::UnknownName { .. }
        )
    }

    /// Wraps the system's answer about a file.
    pub(crate) fn file(
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

fn suggestion(near: &[String]) -> String {
    match near {
        [] => "; `cargo rumpkernel components` lists them".to_owned(),
        near => format!("; did you mean {}?", near.join(" or ")),
    }
}
