//! Which source trees an oracle is asked about.
//!
//! The one that `RUMPKERNEL_SOURCE` names; else the snapshots that `RUMPKERNEL_TEST_SNAPSHOTS`
//! names, apart by blanks, or `compared`, or `all`; else the one that is built by default.
//! Snapshots are taken from the user's cache.

use std::env;
use std::path::{Path, PathBuf};

use rumpkernel_build::snapshot::{self, Pin};
use rumpkernel_harness::Missing;

/// A source tree, and what it is called in reports.
pub(crate) struct SourceTree {
    pub(crate) name: String,
    pub(crate) root: PathBuf,
    /// Whether it is what users build, so that it is looked at more closely than others.
    pub(crate) default: bool,
}

/// The trees, unless one is not in the cache.
///
/// # Panics
///
/// If the folder that the environment names is not there.
pub(crate) fn source_trees() -> Result<Vec<SourceTree>, Missing> {
    if let Some(root) = env::var_os("RUMPKERNEL_SOURCE").filter(|source| !source.is_empty()) {
        let root = PathBuf::from(root);
        let why = "the oracles need the files of a source tree";
        assert!(root.is_dir(), "{} is no folder; {why}", root.display());
        let name = root.display().to_string();
        let default = true;
        return Ok(vec![SourceTree {
            name,
            root,
            default,
        }]);
    }
    let cache = env::var_os("RUMPKERNEL_CACHE_DIR").map(PathBuf::from);
    let cache = cache.or_else(|| snapshot::default_cache_dir().ok());
    let asked = env::var("RUMPKERNEL_TEST_SNAPSHOTS").unwrap_or_default();
    let pins = pins(&asked);
    let trees = pins.iter().map(|pin| {
        tree(pin, cache.as_deref()).ok_or_else(|| {
            Missing::tool(format!(
                "snapshot {0} is not in the cache; `cargo rumpkernel fetch --snapshot {0}` brings it",
                pin.name
            ))
        })
    });
    trees.collect()
}

fn pins(asked: &str) -> Vec<&'static Pin> {
    match asked {
        "" => vec![snapshot::default_pin()],
        "compared" => snapshot::compared().collect(),
        "all" => {
            let all = snapshot::pins().iter();
            let mut pins: Vec<&Pin> = all.filter(|pin| pin.unbuildable.is_none()).collect();
            // Some revisions differ only outside of what is built.
            pins.dedup_by_key(|pin| pin.digest);
            pins
        }
        names => {
            let names = names.split_whitespace();
            names.map(|name| snapshot::pin(name).unwrap()).collect()
        }
    }
}

fn tree(pin: &Pin, cache: Option<&Path>) -> Option<SourceTree> {
    Some(SourceTree {
        name: pin.name.clone(),
        root: snapshot::cached(pin, cache?)?.root().to_owned(),
        default: pin == snapshot::default_pin(),
    })
}
