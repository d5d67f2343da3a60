//! `verify`: is what the cache holds still what is pinned?

use rumpkernel_build::snapshot::{self, Error};

use crate::bar::Bar;
use crate::cli::Verify;

/// Reads each chosen snapshot in the cache; stops at the first that is absent or differs.
pub(crate) fn run(options: &Verify) -> Result<(), Error> {
    let cache = options.cache.path()?;
    for pin in options.selection.pins()? {
        let tree = snapshot::verify_cached(pin, &cache, &mut Bar::new(&pin.name))?;
        println!("{}: as pinned, in {}", pin.name, tree.root().display());
    }
    Ok(())
}
