//! Damaged file system images, each mounted and used in a kernel of its own, in this process.
//!
//! What a kernel dies of is collected, and the next image gets the next kernel. The plain program
//! `damaged-images` takes its damage from a seed, or changes the fields of superblocks one after
//! the other, so that what it finds can be found again; the cargo-fuzz target `ffs` takes it from
//! libFuzzer.

mod damage;
mod exercise;
mod findings;
mod format;
mod handmade;
mod image;
mod sample;
mod seal;
mod superblock;

pub use damage::Damage;
pub use exercise::{Bench, Outcome};
pub use findings::Findings;
pub use format::{Access, Format, detach, unmount};
pub use image::Image;
pub use sample::{NoSample, sample};
pub use superblock::Change;
