//! File systems, and mounting them.
//!
//! A file system is described by a value (`Tmpfs`, `Ffs`, …) that
//! [`Kernel::mount`](crate::Kernel::mount) takes; what is mounted is a [`Mount`]. One file here per
//! file system, and `disk` for the host images that some of them lie on.

mod disk;
#[cfg(feature = "ffs")]
mod ffs;
mod file_system;
#[cfg(feature = "kernfs")]
mod kernfs;
mod mounted;
#[cfg(feature = "tmpfs")]
mod tmpfs;

#[cfg(feature = "ffs")]
pub use ffs::Ffs;
pub use file_system::FileSystem;
#[cfg(feature = "kernfs")]
pub use kernfs::Kernfs;
pub use mounted::{Mount, UnmountError};
#[cfg(feature = "tmpfs")]
pub use tmpfs::Tmpfs;
