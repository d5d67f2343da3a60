//! `fetch`: from the network or a source at hand into the cache.

use rumpkernel_build::snapshot;

use crate::bar::Bar;
use crate::cli::Fetch;
use crate::error::Error;
use crate::output;

/// Brings each chosen snapshot into the cache; stops at the first that cannot be had.
pub(crate) fn run(options: &Fetch) -> Result<(), Error> {
    let cache = options.origin.cache.path()?;
    for pin in options.selection.pins()? {
        let had = snapshot::cached(pin, &cache).is_some();
        let tree = options.origin.import(pin, &mut Bar::new(&pin.name))?;
        let how = if had { "already" } else { "verified," };
        output::text(&format!(
            "{}: {how} in {}\n",
            pin.name,
            tree.root().display()
        ))?;
    }
    Ok(())
}
