//! The NetBSD sources that rumpkernel's feature `vendored` builds from.
//!
//! This crate is a placeholder without sources, so that the feature can be on everywhere. `cargo rumpkernel
//! package` makes a crate of the same name with those of the drivers that a program uses, to be put in
//! its place by `[patch]`. Both have these two constants.

/// The folder with the sources and the manifest that they are verified against.
pub const TREE: Option<&str> = None;

/// The name of the snapshot that they are of.
pub const SNAPSHOT: Option<&str> = None;
