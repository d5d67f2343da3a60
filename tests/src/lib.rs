//! What the test programs of this crate share.

mod emulator;
mod footprint;
mod outside;
mod volume;

pub use emulator::emulator;
pub use footprint::Footprint;
pub use outside::{Outside, Recipe};
pub use volume::{Kind, Volume};
