//! Instances, under a stand-in for a kernel: how they die, and what they give to a kernel.

mod death;
mod kernel;
mod loaded;
mod resources;
