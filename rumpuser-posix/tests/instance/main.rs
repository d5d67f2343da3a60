//! Instances, under a stand-in for a kernel: how they die, what they give to a kernel, and its time.

mod clocks;
mod death;
mod kernel;
#[cfg(feature = "instances")]
mod loaded;
#[cfg(feature = "instances")]
#[path = "../packed/mod.rs"]
mod packed;
mod random;
mod resources;
mod turns;
