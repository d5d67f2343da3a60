//! The hypercalls of rumpuser(3), version 17, for POSIX hosts.
//!
//! A rump kernel reaches its host only through the functions `rumpuser_*` of NetBSD's rumpuser.h.
//! This crate defines them all, with the C ABI; linking it gives a kernel its host.
//!
//! The modules are layers, each of which knows only those below it:
//!
//! - `hypercall`: a file for each group of hypercalls, whose head says what contract it fulfils;
//! - `device`: the hypercalls of components;
//! - `instance`: composes what one kernel has; enters, leaves, dies; loads images;
//! - `state`: memory, files, disks, time, randomness, console;
//! - `wait`: parking, deadlines, turns, locks, and what wakes all when a kernel dies;
//! - `host`: what the operating system does.
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
//! NetBSD's own librumpuser. One command installs it in that library's place, with headers, so that
//! programs that were linked with NetBSD's need not be linked again:
//!
//! ```sh
//! cargo rumpkernel install-hypercalls --prefix /opt/rump
//! ```

mod device;
pub mod errno;
mod host;
mod hypercall;
mod instance;
mod program;
mod state;
mod table;
mod wait;

pub use host::barrier::{heavy as heavy_barrier, light as light_barrier};
pub use host::thread::{HostThread, stack_left};
pub use instance::{
    Backtrace, Death, DeathKind, Frame, Image, Import, Instance, LoadError, Segment, SetupError,
    World,
};
pub use state::clock::{Clock, ClockError, Hand, Spawned};
pub use state::console::{Console, Sink};
pub use state::disk::{Access, AttachedDisk, Disk, DiskError, HostDisk};
pub use state::failure::{DiskFailure, DiskOperation, Mark, SyncMark};
pub use state::fault::{Fault, Faults, UnknownFault};
pub use state::memory::MemoryPatience;
pub use state::parameters::Parameters;
pub use state::random::Random;
pub use state::recording::{DiskEvent, Recording};

/// USB devices in a kernel's ports, of the component rumpdev_ugenhc.
#[cfg(feature = "rumpdev_ugenhc")]
pub mod usb {
    pub use crate::device::ugenhc::{
        Descriptors, Device, Notifier, PORTS, Plugged, Refusal, Setup,
    };
}

/// Network interfaces, of the component rumpnet_virtif, and what they are plugged into.
#[cfg(feature = "rumpnet_virtif")]
pub mod virtif {
    pub use crate::device::virtif::{Deliver, Frame, Link, Plugged, Port};
}
