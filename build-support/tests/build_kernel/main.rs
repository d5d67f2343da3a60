//! A kernel, built from a NetBSD tree: complete, reusable, and said clearly when it cannot be.
//!
//! The tree is the one that the usual variables name, else the default snapshot in the user's cache.

#[cfg(feature = "instances")]
mod image;
mod kernel;
mod own;
mod refusal;
mod reuse;
mod scene;
