//! Building for other machines with the compilers that are here: what they are told, which of them are
//! refused and in what words, and that what they make of a kernel can be linked.

mod compilers;
mod copies;
mod flags;
mod machines;
mod objects;
mod script;
mod told;
#[path = "../trees/mod.rs"]
mod trees;

const HOST: &str = "x86_64-unknown-linux-gnu";
