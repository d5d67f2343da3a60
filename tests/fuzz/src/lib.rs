//! Damaged file system images, each mounted and used in a kernel of its own, in this process.
//!
//! What a kernel dies of is collected, and the next image gets the next kernel. The plain program
//! `damaged-images` takes its damage from a seed, so that what it finds can be found again; the
//! cargo-fuzz target `ffs` takes it from libFuzzer.

mod damage;
mod exercise;
mod findings;

pub use damage::Damage;
pub use exercise::{Bench, Outcome};
pub use findings::Findings;
