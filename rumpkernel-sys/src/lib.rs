//! A NetBSD rump kernel, compiled and linked into the program, and its raw interface.
//!
//! The build script compiles the components that the features ask for; linking this crate links
//! them, whole. What is declared here mirrors the headers of the pinned snapshot as a user of its
//! system calls sees them: types, constants and functions carry their C names.
//!
//! # Entry points
//!
//! A kernel is reached through one table, [`EntryPoints`]. [`LINKED`] is that of the kernel in this
//! program; [`EntryPoints::load`] makes one of any other image. The system calls in it are the
//! versioned ones (`rump___sysimpl_stat50`, not `rump___sysimpl_stat`), so a kernel that lacks the
//! version whose structures are declared here does not link.
//!
//! [`calls`] makes a [`SystemCall`] of a system call's number and arguments, for the entry point
//! `syscall`.
//!
//! The order of use is that of rump(3): make the boot settings, call `init` once, then system calls
//! from any host thread. A thread that calls without an lwp of its own gets a temporary one that
//! shares the descriptors of process 1; `lwproc_rfork` and `lwproc_newlwp` give it one to keep.
//!
//! # Data models
//!
//! `time_t`, `off_t`, `dev_t` and `ino_t` have 64 bits on all machines. Structures are the same text
//! for all of them, and their sizes and offsets are asserted for each data model: here when this
//! crate is compiled, and against the snapshot's own headers by `checks/layout.c`.
//!
//! # Features
//!
//! One for each component, named after NetBSD's library (`rumpfs_ffs`, `rumpnet_netinet`). The
//! members of [`EntryPoints`] that a component brings are `None` without its feature.
//! `hypercalls`, on by default, links those of rumpuser-posix.
//! `instances` links the components a second time, into a kernel image (`IMAGE`) of which
//! rumpuser-posix loads any number of kernels; it doubles what they add to the program's size.
//!
//! # Hypercalls of your own
//!
//! A kernel reaches its host through the functions `rumpuser_*` of rumpuser(3), version 17. Without
//! the default feature `hypercalls` (`default-features = false`) none are linked, and the program
//! defines them, with `#[unsafe(no_mangle)] extern "C"` or in C; the linker names those that are
//! missing. `docs/hypercalls.md` in this crate's repository is the contract for them, and
//! `examples/own-hypercalls` there a program that boots a kernel on its own. What default features
//! turn on besides, `download`, is then asked for by name.
//!
//! A program whose threads are no threads of the host's builds with `RUMPKERNEL_CURLWP=hypercall`.
//!
//! # What dependents' build scripts are told
//!
//! To those that depend on this crate directly, Cargo passes as environment variables
//! `DEP_RUMPKERNEL_INCLUDE` (folders with the kernel's headers, joined as in `PATH`),
//! `DEP_RUMPKERNEL_SOURCE` (the source tree, not to be written to), `DEP_RUMPKERNEL_LIBDIR` (the
//! built libraries), `DEP_RUMPKERNEL_COMPONENTS` and `_OWN` (their names, and which of them the user's own are),
//! `DEP_RUMPKERNEL_DEBUG_ASSERTIONS`, `_DEBUGINFO` and `_INSTANCES` (`true` or `false`: what they were built with),
//! `DEP_RUMPKERNEL_TARGET` (the Rust triple), and `DEP_RUMPKERNEL_MACHINE`, `_MACHINE_ARCH` and
//! `_MACHINE_CPU` (NetBSD's names for it). `rumpkernel_build::own` reads them.
#![no_std]

// Nothing here names the hypercalls, and rustc links only crates that are named.
#[cfg(feature = "hypercalls")]
extern crate rumpuser_posix as _;

#[macro_use]
mod assertions;
#[macro_use]
mod entry_points;
#[cfg(feature = "instances")]
mod image;
mod linked_text;
#[macro_use]
mod system_call;

// The names are C's, and NetBSD's headers and man pages document them.
#[allow(
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals
)]
mod bindings;

pub use bindings::*;
#[cfg(feature = "instances")]
pub use image::IMAGE;
pub use linked_text::linked_text;
pub use system_call::{PlainCall, SystemCall, register_t};
