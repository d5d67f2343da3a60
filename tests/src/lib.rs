//! What the test programs of this crate share.

mod emulator;
mod footprint;
mod outside;

pub use emulator::emulator;
pub use footprint::Footprint;
pub use outside::{Outside, Recipe};

/// README's programs, which rustdoc compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
