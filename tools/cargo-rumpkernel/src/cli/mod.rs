//! The command line.

mod commands;
mod sources;

use clap::{Parser, Subcommand};

pub(crate) use commands::{
    Archive, Clean, Completion, Components, Digest, Fetch, InstallHypercalls, Licenses, List,
    Package, Verify,
};
pub(crate) use sources::{HOST, Sources};

/// Fetch, check, inspect and package the NetBSD sources that rumpkernel builds.
#[derive(Debug, Parser)]
#[command(name = "cargo rumpkernel", bin_name = "cargo rumpkernel", version)]
#[command(
    after_help = "Exit codes: 0 all was done, 1 something was not, 2 the command line is wrong."
)]
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
    /// List a snapshot's components: what they are, what they need, how to turn them on.
    Components(Components),
    /// Read snapshots in the cache again, and compare them with what is pinned.
    Verify(Verify),
    /// Write the sources of a snapshot into a .tar.gz that is the same whenever it is made.
    Archive(Archive),
    /// Make the crate `rumpkernel-src` with the sources of some features, for builds without cache
    /// and network.
    Package(Package),
    /// Print the copyright and licence notices of the sources that some features compile.
    Licenses(Licenses),
    /// Install the hypercalls as a C library, in the place of NetBSD's librumpuser.
    InstallHypercalls(InstallHypercalls),
    /// Remove what the cache holds.
    Clean(Clean),
    /// Tell what `vendor-dates.toml` says of the content of a source, to pin a new snapshot.
    Digest(Digest),
    /// Print a script that completes this command line in a shell.
    Completion(Completion),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }
}
