//! What the test programs of this crate share.

mod footprint;
mod outside;

pub use footprint::Footprint;
pub use outside::{Outside, Recipe};
