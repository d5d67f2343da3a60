//! What the test programs of this crate share.

mod churn;
mod emulator;
mod footprint;
mod outside;
mod volume;
pub mod power_cut;

pub use churn::{Churn, Limits};
pub use emulator::emulator;
pub use footprint::Footprint;
pub use outside::{Outside, Recipe};
pub use volume::{Kind, Volume};
