//! From a pinned NetBSD snapshot to static libraries of its kernel drivers, without make.
//!
//! The modules stand in the order in which data flows through them; no stage reaches back.

mod held;
mod sources;
mod spelling;

pub mod snapshot;

pub mod bsdmake;
pub mod component;
pub mod config;
pub mod syscalls;

pub mod archive;
pub mod compile;
#[cfg(feature = "instances")]
pub mod image;
pub mod namespace;
mod sanitizer;
pub mod target;

pub mod builder;
pub mod own;
pub mod settings;
pub mod store;

pub use sources::with_sources;
