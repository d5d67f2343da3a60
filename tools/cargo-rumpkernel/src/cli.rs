//! The command line.

use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{Args, Parser, Subcommand};
use rumpkernel_build::snapshot::{self, Error, Pin};

/// Fetch, list and verify the NetBSD sources that rumpkernel builds.
#[derive(Debug, Parser)]
#[command(name = "cargo rumpkernel", bin_name = "cargo rumpkernel", version)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Bring snapshots into the cache, so that builds need no network.
    Fetch(Fetch),
    /// List the known snapshots, and which of them are in the cache.
    List(List),
    /// Tell what `vendor-dates.toml` says of the content of a source, to pin a new snapshot.
    Digest(Digest),
    /// Read snapshots in the cache again, and compare them with what is pinned.
    Verify(Verify),
}

/// Options of `fetch`.
#[derive(Debug, Args)]
pub(crate) struct Fetch {
    /// Take the sources from here instead of the network: a NetBSD source tree, a .tar.gz of one,
    /// or a git repository, bare or not.
    #[arg(long, value_name = "PATH")]
    pub(crate) from: Option<PathBuf>,
    /// A URL that takes the place of the snapshots' repository.
    #[arg(
        long,
        value_name = "URL",
        env = "RUMPKERNEL_MIRROR",
        conflicts_with = "from"
    )]
    pub(crate) mirror: Option<String>,
    /// Leave the network alone.
    #[arg(long, env = "CARGO_NET_OFFLINE", value_parser = FalseyValueParser::new())]
    pub(crate) offline: bool,
    #[command(flatten)]
    pub(crate) selection: Selection,
    #[command(flatten)]
    pub(crate) cache: CacheFolder,
}

/// Options of `digest`.
#[derive(Debug, Args)]
pub(crate) struct Digest {
    /// A NetBSD source tree, a .tar.gz of one, or a git repository.
    #[arg(long, value_name = "PATH")]
    pub(crate) from: PathBuf,
    /// The revision to read from a git repository, 40 hexadecimal digits; by default that of the
    /// snapshot that is built by default.
    #[arg(long, value_name = "REVISION")]
    pub(crate) revision: Option<String>,
    #[command(flatten)]
    pub(crate) cache: CacheFolder,
}

/// Options of `list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) cache: CacheFolder,
}

/// Options of `verify`.
#[derive(Debug, Args)]
pub(crate) struct Verify {
    #[command(flatten)]
    pub(crate) selection: Selection,
    #[command(flatten)]
    pub(crate) cache: CacheFolder,
}

/// Which snapshots.
#[derive(Debug, Args)]
pub(crate) struct Selection {
    /// A snapshot's name, or the first seven or more digits of its revision; may be given several
    /// times. Without it: the snapshot that is built by default.
    #[arg(long, value_name = "NAME")]
    pub(crate) snapshot: Vec<String>,
    /// All known snapshots from which something can be built.
    #[arg(long, conflicts_with = "snapshot")]
    pub(crate) all: bool,
}

impl Selection {
    /// The chosen pins.
    pub(crate) fn pins(&self) -> Result<Vec<&'static Pin>, Error> {
        if self.all {
            let all = snapshot::pins().iter();
            Ok(all.filter(|pin| pin.unbuildable.is_none()).collect())
        } else if self.snapshot.is_empty() {
            Ok(vec![snapshot::default_pin()])
        } else {
            self.snapshot
                .iter()
                .map(|name| snapshot::pin(name))
                .collect()
        }
    }
}

/// Where the cache is.
#[derive(Debug, Args)]
pub(crate) struct CacheFolder {
    /// The cache folder; by default the user's own.
    #[arg(long, value_name = "FOLDER", env = "RUMPKERNEL_CACHE_DIR")]
    cache_dir: Option<PathBuf>,
}

impl CacheFolder {
    /// The chosen folder.
    pub(crate) fn path(&self) -> Result<PathBuf, Error> {
        match &self.cache_dir {
            Some(folder) => Ok(folder.clone()),
            None => snapshot::default_cache_dir(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }
}
