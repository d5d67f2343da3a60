//! The source trees: the one that the bindings are made of, and others that they have to fit.

use std::path::PathBuf;

use rumpkernel_build::settings::Settings;
use rumpkernel_build::snapshot::{self, Request, Warnings};

use crate::Failure;

/// Which trees to read.
pub(crate) struct Trees {
    /// The tree that the bindings are made of.
    pub(crate) source: PathBuf,
    /// Trees whose declarations have to agree with it.
    pub(crate) others: Vec<PathBuf>,
}

impl Trees {
    /// The trees of the pinned snapshots: the default one as a build would find it, and those of the
    /// others that are in the cache. Says which are not.
    pub(crate) fn pinned() -> Result<Self, Failure> {
        let settings = Settings::read("", &|name| std::env::var_os(name))?;
        let cache_dir = match settings.cache_dir {
            Some(folder) => folder,
            None => snapshot::default_cache_dir()?,
        };
        let default = snapshot::default_pin();
        let request = Request {
            source: settings.source,
            offline: true,
            ..Request::new(default, cache_dir.clone())
        };
        let tree = snapshot::obtain(&request, &mut Warnings::default())?;
        let mut others = Vec::new();
        for pin in snapshot::pins()
            .iter()
            .filter(|pin| pin.digest != default.digest)
        {
            match snapshot::cached(pin, &cache_dir) {
                Some(tree) => others.push(tree.root().to_owned()),
                None => eprintln!(
                    "snapshot {0} is not looked at; `cargo rumpkernel fetch --snapshot {0}` brings it",
                    pin.name
                ),
            }
        }
        Ok(Self {
            source: tree.root().to_owned(),
            others,
        })
    }
}
