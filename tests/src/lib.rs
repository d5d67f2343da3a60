//! What the test programs of this crate share.

mod emulator;
mod footprint;
mod outside;
pub mod power_cut;

pub use emulator::emulator;
pub use footprint::Footprint;
pub use outside::{Outside, Recipe};
