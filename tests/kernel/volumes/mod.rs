//! Writable file systems of every kind: what was written is there, and nothing else is.

mod format;
pub(crate) mod leaks;
mod made;
mod random;
pub(crate) mod read_back;
pub(crate) mod stale;

pub(crate) use format::obstacle;
