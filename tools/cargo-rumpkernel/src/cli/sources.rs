//! What several commands ask for: snapshots, where they come from, targets, the cache.

use std::env;
use std::path::PathBuf;

use clap::Args;
use clap::builder::FalseyValueParser;
use rumpkernel_build::snapshot::{self, Error, Pin, Request, Tree};
use rumpkernel_build::target::{Target, UnsupportedTarget, table};

use crate::bar::Bar;

/// The target that this program was made for.
pub(crate) const HOST: &str = env!("HOST_TRIPLE");

/// Which snapshots.
#[derive(Debug, Args)]
pub(crate) struct Selection {
    /// A snapshot's name, or the first seven or more digits of its revision; may be given several
    /// times. Without it: that of RUMPKERNEL_SNAPSHOT, else the one that is built by default.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    snapshot: Vec<String>,
    /// All known snapshots from which something can be built.
    #[arg(long, conflicts_with = "snapshot")]
    all: bool,
    /// The snapshots that rumpkernel's own tests compare with, the default one among them.
    #[arg(long, conflicts_with_all = ["snapshot", "all"])]
    compared: bool,
}

impl Selection {
    /// The chosen pins.
    pub(crate) fn pins(&self) -> Result<Vec<&'static Pin>, Error> {
        if self.all {
            let all = snapshot::pins().iter();
            Ok(all.filter(|pin| pin.unbuildable.is_none()).collect())
        } else if self.compared {
            Ok(snapshot::compared().collect())
        } else if self.snapshot.is_empty() {
            // Read here, because clap takes a variable's value for one that contradicts --all.
            match env::var("RUMPKERNEL_SNAPSHOT")
                .ok()
                .filter(|name| !name.is_empty())
            {
                Some(name) => Ok(vec![snapshot::pin(&name)?]),
                None => Ok(vec![snapshot::default_pin()]),
            }
        } else {
            self.snapshot
                .iter()
                .map(|name| snapshot::pin(name))
                .collect()
        }
    }
}

/// How sources come in that are not in the cache.
#[derive(Debug, Args)]
pub(crate) struct Origin {
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
    mirror: Option<String>,
    /// Leave the network alone.
    #[arg(long, env = "CARGO_NET_OFFLINE", value_parser = FalseyValueParser::new())]
    offline: bool,
    #[command(flatten)]
    pub(crate) cache: CacheFolder,
}

impl Origin {
    /// The tree of `pin` in the cache, brought there if need be.
    pub(crate) fn import(&self, pin: &Pin, bar: &mut Bar) -> Result<Tree, Error> {
        let cache = self.cache.path()?;
        if let Some(tree) = snapshot::cached(pin, &cache) {
            return Ok(tree);
        }
        let request = Request {
            source: self.from.clone(),
            mirror: self.mirror.clone(),
            offline: self.offline,
            ..Request::new(pin, cache)
        };
        snapshot::import(&request, bar)
    }
}

/// One snapshot.
#[derive(Debug, Args)]
pub(crate) struct Sources {
    /// The snapshot's name, or the first seven or more digits of its revision; by default the one
    /// that is built by default.
    #[arg(long, value_name = "NAME", env = "RUMPKERNEL_SNAPSHOT")]
    snapshot: Option<String>,
    #[command(flatten)]
    pub(crate) origin: Origin,
}

impl Sources {
    /// The chosen pin.
    pub(crate) fn pin(&self) -> Result<&'static Pin, Error> {
        match &self.snapshot {
            Some(name) => snapshot::pin(name),
            None => Ok(snapshot::default_pin()),
        }
    }

    /// The pin's tree in the cache, brought there if need be.
    pub(crate) fn import(&self, bar: &mut Bar) -> Result<Tree, Error> {
        self.origin.import(self.pin()?, bar)
    }
}

/// For which targets.
#[derive(Debug, Args)]
pub(crate) struct Targets {
    /// A Rust target triple; may be given several times where that makes sense. By default this
    /// machine's; for `package` all that are known.
    #[arg(long, value_name = "TRIPLE", value_delimiter = ',')]
    target: Vec<String>,
}

impl Targets {
    /// Those that were named, else this machine's.
    pub(crate) fn or_host(&self) -> Result<Vec<Target>, UnsupportedTarget> {
        self.or([HOST])
    }

    /// Those that were named, else all that are known.
    pub(crate) fn or_all(&self) -> Result<Vec<Target>, UnsupportedTarget> {
        self.or(table::SUPPORTED.iter().map(|supported| supported.triple))
    }

    /// Whether any were named.
    pub(crate) fn is_named(&self) -> bool {
        !self.target.is_empty()
    }

    fn or<'t>(
        &self,
        default: impl IntoIterator<Item = &'t str>,
    ) -> Result<Vec<Target>, UnsupportedTarget> {
        if self.target.is_empty() {
            default.into_iter().map(Target::from_triple).collect()
        } else {
            let named = self.target.iter();
            named.map(|triple| Target::from_triple(triple)).collect()
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
