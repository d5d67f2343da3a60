//! What the test programs of this crate share.

mod churn;
mod emulator;
pub mod fault_turns;
mod footprint;
mod outside;
pub mod power_cut;

pub use churn::{Churn, Limits};
pub use emulator::emulator;
pub use footprint::Footprint;
pub use outside::{Outside, Recipe};

/// README's programs, which rustdoc compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
