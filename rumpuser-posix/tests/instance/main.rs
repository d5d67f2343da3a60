//! Instances, under a stand-in for a kernel: how they die, what they give to a kernel, and its
//! time.

mod clocks;
#[cfg(feature = "instances")]
#[path = "../c/compiler.rs"]
#[allow(dead_code, reason = "the build's own compiler does here")]
mod compiler;
mod death;
mod descriptors;
mod disks;
mod kernel;
#[cfg(feature = "instances")]
mod loaded;
#[cfg(feature = "instances")]
#[path = "../packed/mod.rs"]
mod packed;
mod random;
mod resources;
mod turns;
