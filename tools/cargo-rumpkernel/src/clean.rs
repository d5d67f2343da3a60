//! `clean`: what the cache holds goes, except what is in use.

use rumpkernel_build::snapshot::{self, Content, Kept};
use rumpkernel_build::store::Store;
use rumpkernel_build::with_sources;

use crate::cli::Clean;
use crate::error::Error;
use crate::output;

/// Removes what was chosen and says how much that was.
pub(crate) fn run(options: &Clean) -> Result<(), Error> {
    let cache = options.cache.path()?;
    let mut total = 0;
    let mut left = 0;
    for kept in chosen_sources(options, snapshot::contents(&cache)?)? {
        let what = match kept.content {
            Content::Tree(digest) => snapshot::pins()
                .iter()
                .find(|pin| pin.digest == digest)
                .map_or_else(|| format!("tree {digest}"), |pin| pin.name.clone()),
            Content::Unfinished => format!("unfinished {}", kept.path.display()),
            Content::Notes => "notes about other sources".to_owned(),
        };
        let removed = if options.dry_run {
            Ok(())
        } else {
            kept.remove()
        };
        match removed {
            Ok(()) => {
                total += kept.bytes;
                say(options, &what, kept.bytes)?;
            }
            Err(error) => {
                eprintln!("error: {what} stays: {}", with_sources(&error));
                left += 1;
            }
        }
    }
    if options.components || options.all {
        match components(options, &Store::new(&cache))? {
            Some(bytes) => total += bytes,
            None => left += 1,
        }
    }
    let verb = if options.dry_run {
        "would be freed"
    } else {
        "freed"
    };
    output::text(&format!("{} {verb}\n", output::size(total)))?;
    if left > 0 {
        let text = "some of it is in use by a build and has been left";
        return Err(Error::Incomplete(text.to_owned()));
    }
    Ok(())
}

fn chosen_sources(options: &Clean, all: Vec<Kept>) -> Result<Vec<Kept>, Error> {
    if options.sources || options.all {
        return Ok(all);
    }
    let digests = options
        .snapshot
        .iter()
        .map(|name| Ok(snapshot::pin(name)?.digest))
        .collect::<Result<Vec<_>, snapshot::Error>>()?;
    let is_chosen = |kept: &Kept| {
        let Content::Tree(digest) = kept.content else {
            return false;
        };
        digests.contains(&digest)
    };
    Ok(all.into_iter().filter(is_chosen).collect())
}

/// Clears the store and gives what that freed, or nothing if it is in use.
fn components(options: &Clean, store: &Store) -> Result<Option<u64>, Error> {
    let usage = store.usage().map_err(Error::file("read", store.root()))?;
    let cleared = options.dry_run || store.clear().map_err(Error::file("remove", store.root()))?;
    if !cleared {
        eprintln!(
            "error: {} stays: it is in use by a build; try again when it has ended",
            store.root().display()
        );
        return Ok(None);
    }
    let mut targets: Vec<&str> = usage.iter().map(|usage| usage.target.as_str()).collect();
    targets.dedup();
    for target in targets {
        let of_target = usage.iter().filter(|usage| usage.target == target);
        let bytes = of_target.map(|usage| usage.bytes).sum();
        say(options, &format!("components for {target}"), bytes)?;
    }
    Ok(Some(usage.iter().map(|usage| usage.bytes).sum()))
}

fn say(options: &Clean, what: &str, bytes: u64) -> Result<(), Error> {
    let verb = if options.dry_run {
        "would remove"
    } else {
        "removed"
    };
    output::text(&format!("{verb} {what}: {}\n", output::size(bytes)))
}
