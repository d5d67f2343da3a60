//! What rules about broken sources are for: without each of them something is at fault, and with them nothing is.

mod functions;
mod kernel;
mod program;
mod strlen;
mod toolchains;
#[path = "../trees/mod.rs"]
mod trees;
