//! What `fs` has of `std`'s and beyond, one file a subject.

pub(crate) mod attributes;
pub(crate) mod dirs;
pub(crate) mod locks;
pub(crate) mod paths;
pub(crate) mod processes;
mod shape;
pub(crate) mod trees;
pub(crate) mod vectored;
