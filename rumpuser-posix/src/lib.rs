//! The hypercalls of rumpuser(3), version 17, for POSIX hosts.
//!
//! A rump kernel reaches its host only through the functions `rumpuser_*` of NetBSD's rumpuser.h.
//! This crate defines them all, with the C ABI; linking it gives a kernel its host. One module here
//! is one group of hypercalls, and its head says what contract it fulfils.
//!
//! What the hypercalls keep belongs to a kernel, as a value: an [`Instance`], with its [`World`]
//! and its disks. A program makes one, enters it ([`Instance::enter`]) and calls the kernel's
//! functions there. A kernel that panics or halts does not end the program: every call in progress
//! returns its [`Death`]. The same holds for one whose code fails, if the instance was told where
//! that code is ([`Instance::contain`]; loaded kernels tell themselves), and for one that is ended
//! by force ([`Instance::kill`]).
//!
//! # A PCI bus
//!
//! The component rumpdev_pci finds no device here. Its hypercalls, which `shim/pci.c` lists with
//! what they are to do, are weak symbols (feature `rumpdev_pci`): a program that has a bus defines
//! `rumpcomp_pci_confread` and so on itself, with `#[unsafe(no_mangle)]` or in C.
//!
//! # As a C library
//!
//! A C program needs no instance: the kernel that is linked into it takes its parameters from the
//! environment, prints to the standard output, and ends the process when it ends, all as with
//! NetBSD's own librumpuser, in whose place it is linked:
//!
//! ```sh
//! cargo rustc -p rumpuser-posix --release --crate-type staticlib   # target/release/librumpuser_posix.a
//! cc -shared -o librumpuser.so -Wl,--whole-archive librumpuser_posix.a -Wl,--no-whole-archive
//! ```

mod access;
mod accident;
mod backtrace;
mod bio;
mod clock;
mod component;
mod condvar;
mod console;
mod curlwp;
mod daemonize;
mod descriptor;
mod disk;
mod dynloader;
pub mod errno;
mod failure;
mod fault;
mod file;
mod flush;
mod fork;
mod host;
mod hostio;
mod hostthread;
mod image;
mod instance;
mod landing;
mod memory;
mod mutex;
mod param;
mod process;
mod program;
mod random;
mod recording;
mod reserve;
mod rwlock;
mod sanitizer;
mod signal;
mod sysproxy;
mod table;
mod thread;
mod upcall;
mod write_signals;

pub use backtrace::{Backtrace, Frame};
pub use clock::{Clock, ClockError, Hand, Spawned};
pub use console::{Console, Sink};
pub use disk::{Access, Disk, DiskError};
pub use failure::{DiskFailure, DiskOperation, Mark, SyncMark};
pub use fault::{Fault, Faults};
pub use hostthread::{HostThread, stack_left};
pub use image::{Image, Import, LoadError, Segment};
pub use instance::{Death, DeathKind, Instance, Parameters, SetupError, World};
pub use memory::MemoryPatience;
pub use random::Random;
pub use recording::{DiskEvent, Recording};

/// USB devices in a kernel's ports, of the component rumpdev_ugenhc.
#[cfg(feature = "rumpdev_ugenhc")]
pub mod usb {
    pub use crate::component::ugenhc::{
        Descriptors, Device, Notifier, PORTS, Plugged, Refusal, Setup,
    };
}

/// Network interfaces, of the component rumpnet_virtif, and what they are plugged into.
#[cfg(feature = "rumpnet_virtif")]
pub mod virtif {
    pub use crate::component::virtif::{Deliver, Frame, Link, Plugged, Port};
}
