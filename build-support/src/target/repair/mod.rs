//! What is broken in the snapshots, and mended without touching a source.
//!
//! A rule of one of these kinds is about a source by its path in the tree:
//!
//! - [`replacement`]: other sources of the same tree are compiled in its place;
//! - [`flags`]: it is compiled with flags besides its component's;
//! - [`addition`]: it is compiled with a file of our own; these lie in the folder `additions`.
//!
//! By [`is_superfluous`] a component does without a source that it lists and the tree lacks.
//!
//! Each rule says why it is there, and names the test that shows it. Tests called `kernel`, `closure` and `sockin` are
//! those of the crate rumpkernel-tests.

mod addition;
mod flags;
mod replacement;
mod superfluous;

pub use addition::{Addition, Role, addition};
pub use flags::flags;
pub use replacement::replacement;
pub use superfluous::is_superfluous;
