//! The options of each command, with the examples that `--help` shows.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

use super::sources::{CacheFolder, HOST, Origin, Selection, Sources, Targets};

/// Options of `fetch`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo rumpkernel fetch                                  the default snapshot, from the network
  cargo rumpkernel fetch --all                            every snapshot
  cargo rumpkernel fetch --snapshot 2015-09-12 --from src-netbsd.git
  cargo rumpkernel fetch --from src-netbsd-2016-08-02.tar.gz

Every file is checked against the pinned manifest before anything is kept.")]
pub(crate) struct Fetch {
    #[command(flatten)]
    pub(crate) selection: Selection,
    #[command(flatten)]
    pub(crate) origin: Origin,
}

/// Options of `list`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo rumpkernel list
  cargo rumpkernel list --json | jq -r '.[] | select(.cached).name'")]
pub(crate) struct List {
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) cache: CacheFolder,
}

/// Options of `components`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo rumpkernel components
  cargo rumpkernel components --snapshot 2014-08-12 --target aarch64-unknown-linux-gnu
  cargo rumpkernel components --json | jq '.components[] | select(.kind == \"file system\").name'

FEATURE is the feature of the crate rumpkernel; with `(sys)`, rumpkernel-sys only has it, under the component's
name. What has neither is built with RUMPKERNEL_COMPONENTS. SIZE is that of the library that was built last for
the target; it is blank for those that were not built.")]
pub(crate) struct Components {
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) targets: Targets,
    #[command(flatten)]
    pub(crate) sources: Sources,
}

/// Options of `verify`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo rumpkernel verify
  cargo rumpkernel verify --snapshot 2016-08-02 --json

Reads the snapshots, and all built components. Components whose bytes have changed, or that were built from other
files than the chosen snapshots have, are removed; the next build that needs them compiles them again.

The exit code is 1 if a snapshot is not in the cache, or is not what is pinned.")]
pub(crate) struct Verify {
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) selection: Selection,
    #[command(flatten)]
    pub(crate) cache: CacheFolder,
}

/// Options of `archive`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo rumpkernel archive
  cargo rumpkernel archive --snapshot 2015-09-12 --output netbsd.tar.gz
  RUMPKERNEL_SOURCE=netbsd.tar.gz cargo build

The archive holds what builds can need of the snapshot, and its manifest. Its bytes depend on the snapshot and on
the version of this program only.")]
pub(crate) struct Archive {
    /// The file to write; by default src-netbsd-NAME.tar.gz, with the name of the snapshot.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) sources: Sources,
}

/// Options of `package`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo rumpkernel package --features ffs,tmpfs,netinet
  cargo rumpkernel package --features full --target x86_64-unknown-linux-gnu --output vendor/rumpkernel-src

The crate is used by programs that turn on rumpkernel's feature `vendored` and put it in the placeholder's place,
in Cargo.toml:

  [patch.crates-io]          # or the URL of the git repository that rumpkernel comes from
  rumpkernel-src = { path = \"rumpkernel-src\" }

or, if rumpkernel is a path dependency, in .cargo/config.toml:

  paths = [\"rumpkernel-src\"]")]
pub(crate) struct Package {
    /// Features of rumpkernel or rumpkernel-sys, or components, separated by commas.
    #[arg(
        long,
        short = 'F',
        value_name = "NAMES",
        value_delimiter = ',',
        required = true
    )]
    pub(crate) features: Vec<String>,
    /// The folder to make; by default rumpkernel-src. A crate that was made before is replaced.
    #[arg(long, short, value_name = "FOLDER")]
    pub(crate) output: Option<PathBuf>,
    /// Make the crate also if it is larger than a registry accepts.
    #[arg(long)]
    pub(crate) any_size: bool,
    #[command(flatten)]
    pub(crate) targets: Targets,
    #[command(flatten)]
    pub(crate) sources: Sources,
}

/// Options of `licenses`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo rumpkernel licenses --features ffs,tmpfs > NOTICES
  cargo rumpkernel licenses --features netinet --json

Notices are taken from every source and header that building the features can read, grouped by their terms.")]
pub(crate) struct Licenses {
    /// Features of rumpkernel or rumpkernel-sys, or components, separated by commas.
    #[arg(
        long,
        short = 'F',
        value_name = "NAMES",
        value_delimiter = ',',
        required = true
    )]
    pub(crate) features: Vec<String>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) targets: Targets,
    #[command(flatten)]
    pub(crate) sources: Sources,
}

/// Options of `install-hypercalls`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo rumpkernel install-hypercalls --prefix /opt/rump
  cargo rumpkernel install-hypercalls --prefix /usr --destdir package --features rumpnet_virtif

Run it in a clone of rumpkernel. It installs lib/librumpuser.so.0 with the link librumpuser.so, lib/librumpuser.a,
include/rump/rumpuser.h and rumpuser_component.h, and lib/pkgconfig/rumpuser.pc. Programs that are linked with
NetBSD's librumpuser run with it once the dynamic linker finds it first, for instance by LD_LIBRARY_PATH.

NetBSD's libraries of drivers bring the hypercalls of those drivers themselves. Turn on a feature only for drivers
that were built without.")]
pub(crate) struct InstallHypercalls {
    /// The folder in which lib and include are, or are made.
    #[arg(long, value_name = "FOLDER", default_value = "/usr/local")]
    pub(crate) prefix: PathBuf,
    /// A folder to write to in place of /, for those who make packages.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) destdir: Option<PathBuf>,
    /// Features of rumpuser-posix: drivers whose hypercalls are added, separated by commas.
    #[arg(long, short = 'F', value_name = "NAMES", value_delimiter = ',')]
    pub(crate) features: Vec<String>,
    /// The Rust triple to compile for; by default that of this program.
    #[arg(long, value_name = "TRIPLE", default_value = HOST)]
    pub(crate) target: String,
    /// The Cargo.toml of the clone, or of a project that depends on rumpuser-posix.
    #[arg(long, value_name = "FILE")]
    pub(crate) manifest_path: Option<PathBuf>,
}

/// Options of `clean`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo rumpkernel clean --all --dry-run
  cargo rumpkernel clean --components
  cargo rumpkernel clean --snapshot 2014-08-12,2015-09-12

What a build uses is left alone, and the exit code is 1. Programs that are built already do not need the cache.")]
#[group(required = true, multiple = true, id = "what")]
pub(crate) struct Clean {
    /// Remove all source trees.
    #[arg(long, group = "what")]
    pub(crate) sources: bool,
    /// Remove the source trees of these snapshots.
    #[arg(long, value_name = "NAME", value_delimiter = ',', group = "what", conflicts_with_all = ["sources", "all"])]
    pub(crate) snapshot: Vec<String>,
    /// Remove all components that were built.
    #[arg(long, group = "what")]
    pub(crate) components: bool,
    /// Remove everything.
    #[arg(long, group = "what", conflicts_with_all = ["sources", "components"])]
    pub(crate) all: bool,
    /// Only say what would be removed.
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) cache: CacheFolder,
}

/// Options of `digest`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  cargo rumpkernel digest --from src-netbsd.git --revision 82f3a6905f6a3a65ceb3a21046de62437f61e7dd")]
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

/// Options of `completion`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo-rumpkernel completion bash > ~/.local/share/bash-completion/completions/cargo-rumpkernel
  cargo-rumpkernel completion zsh > \"${fpath[1]}/_cargo-rumpkernel\"
  cargo-rumpkernel completion fish > ~/.config/fish/completions/cargo-rumpkernel.fish

Shells complete the name cargo-rumpkernel, not `cargo rumpkernel`.")]
pub(crate) struct Completion {
    /// The shell.
    pub(crate) shell: Shell,
}
