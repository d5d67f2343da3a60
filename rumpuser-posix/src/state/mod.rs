//! What the host's side of a kernel keeps: memory, files, disks, time, randomness, console. None of
//! it knows an instance.

pub(crate) mod block_io;
pub(crate) mod clock;
pub(crate) mod console;
pub(crate) mod daemon;
pub(crate) mod descriptor;
pub(crate) mod disk;
pub(crate) mod failure;
pub(crate) mod fault;
pub(crate) mod io;
pub(crate) mod kernel_symbols;
pub(crate) mod lwps;
pub(crate) mod memory;
pub(crate) mod parameters;
pub(crate) mod random;
pub(crate) mod recording;
pub(crate) mod threads;
