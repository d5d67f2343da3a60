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
    /// The trees of the snapshots that are compared: the default one as a build would find it, the
    /// others from the cache.
    ///
    /// # Errors
    ///
    /// If one is not there: what is found must not depend on what a cache happens to hold.
    pub(crate) fn compared() -> Result<Self, Failure> {
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
        for pin in snapshot::compared().filter(|pin| *pin != default) {
            let tree = snapshot::cached(pin, &cache_dir).ok_or_else(|| {
                format!(
                    "snapshot {}, which the bindings have to fit, is not in {}; \
                     `cargo rumpkernel fetch --compared` brings it",
                    pin.name,
                    cache_dir.display()
                )
            })?;
            others.push(tree.root().to_owned());
        }
        Ok(Self {
            source: tree.root().to_owned(),
            others,
        })
    }
}
