//! `fetch`: from the network or a source at hand into the cache.

use rumpkernel_build::snapshot::{self, Error, Request};

use crate::bar::Bar;
use crate::cli::Fetch;

/// Brings each chosen snapshot into the cache; stops at the first that cannot be had.
pub(crate) fn run(options: &Fetch) -> Result<(), Error> {
    let cache = options.cache.path()?;
    for pin in options.selection.pins()? {
        if let Some(tree) = snapshot::cached(pin, &cache) {
            println!("{}: already in {}", pin.name, tree.root().display());
            continue;
        }
        let request = Request {
            source: options.from.clone(),
            mirror: options.mirror.clone(),
            offline: options.offline,
            ..Request::new(pin, cache.clone())
        };
        let tree = snapshot::import(&request, &mut Bar::new(&pin.name))?;
        println!("{}: verified, in {}", pin.name, tree.root().display());
    }
    Ok(())
}
