//! Damaged file system images, each mounted and used in a kernel of its own, in this process; and
//! damaged frames, sent to kernels.
//!
//! What a kernel dies of is collected, and the next image gets the next kernel. The plain program
//! `damaged-images` takes its damage from a seed, or changes the fields of superblocks one after
//! the other, so that what it finds can be found again; the cargo-fuzz target `ffs` takes it from
//! libFuzzer. `damaged-frames` makes batches of frames from numbers.

mod damage;
mod exercise;
mod findings;
mod format;
mod frame;
mod handmade;
mod image;
mod sample;
mod seal;
mod superblock;
mod wire;
mod workers;

pub use damage::Damage;
pub use exercise::{Bench, Outcome};
pub use findings::Findings;
pub use format::{Access, Format};
pub use handmade::v7fs;
pub use image::Image;
pub use sample::{NoSample, sample};
pub use seal::seal;
pub use superblock::Change;
pub use wire::{Batch, Delivery, Survival};
pub use workers::{Numbers, hand_out};
