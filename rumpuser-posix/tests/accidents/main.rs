//! Accidents in a kernel's code: faults, endless loops, forks.

#[path = "../c/compiler.rs"]
mod compiler;
mod faults;
mod forks;
#[path = "../instance/kernel.rs"]
#[allow(
    dead_code,
    reason = "shared with the tests of instances, which use all of it"
)]
mod kernel;
mod kills;
mod object;
mod outside;
mod pointers;
mod scene;
mod stand_in;
mod unreached;
mod writes;
