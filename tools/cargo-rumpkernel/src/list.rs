//! `list`: what is known, and what is at hand.

use rumpkernel_build::snapshot::{self, Error};

use crate::cli::List;

/// Prints one line for each snapshot, the default one first.
pub(crate) fn run(options: &List) -> Result<(), Error> {
    let cache = options.cache.path()?;
    println!(
        "{:14} {:21} {:12} cached",
        "snapshot", "NetBSD-current as of", "revision"
    );
    for pin in snapshot::pins() {
        let cached = snapshot::cached(pin, &cache);
        println!(
            "{:14} {:21} {:12} {}",
            pin.name,
            pin.cvs.as_deref().unwrap_or("unknown"),
            &pin.revision[..12],
            match (&pin.unbuildable, cached) {
                (Some(reason), _) => format!("unbuildable: {reason}"),
                (None, Some(tree)) => tree.root().display().to_string(),
                (None, None) => "no".to_owned(),
            },
        );
    }
    Ok(())
}
