//! What is broken in the snapshots, and mended without touching a source.
//!
//! A rule of one of these kinds is about a source by its path in the tree:
//!
//! - [`replacement`]: other sources of the same tree are compiled in its place;
//! - [`flags`]: it is compiled with flags besides its component's;
//! - [`addition`]: it is compiled with a file of our own; these lie in the folder `additions`;
//! - [`edited`]: a few words of it are replaced, and the result is compiled in its place.
//!
//! By [`is_superfluous`] a component does without a source that it lists and the tree lacks.
//!
//! Each rule says why it is there, and names the test that shows it. Tests called `kernel`,
//! `closure` and `sockin` are those of the crate rumpkernel-tests.

mod addition;
mod edit;
mod flags;
mod replacement;
mod superfluous;

pub use addition::{Addition, Role, addition};
pub use edit::edited;
pub use flags::flags;
pub use replacement::replacement;
pub use superfluous::is_superfluous;

#[cfg(test)]
mod tests {
    use crate::snapshot;

    /// A rule about a file that is not there would mend nothing.
    #[test]
    #[ignore = "reads the default snapshot in the cache; CI runs it"]
    fn rules_are_about_sources_of_the_default_snapshot() {
        let cache = snapshot::default_cache_dir().unwrap();
        let tree = snapshot::cached(snapshot::default_pin(), &cache).unwrap();
        let sources = super::addition::sources()
            .chain(super::flags::sources())
            .chain(super::replacement::sources());
        for source in sources {
            assert!(tree.root().join(source).is_file(), "{source}");
        }
    }
}
