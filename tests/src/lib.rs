//! What the test programs of this crate share.

mod footprint;

pub use footprint::Footprint;
