//! The kernel's system calls with Rust's types: the thin unsafe layer under everything else.
//!
//! Each function is one system call of NetBSD's manual section 2, named after it, and fails with
//! its errno. Buffers are read and written by the calling thread while it is in the call, never
//! later: the one path in the kernel that hands a caller's pages to another thread (physio, for
//! character disks) is not reachable, because only block disks are registered, and images are
//! mounted such that device nodes in them are no devices.

#[cfg(feature = "vfs")]
mod at;
#[cfg(feature = "vfs")]
pub(crate) mod attribute;
mod descriptor;
#[cfg(feature = "vfs")]
mod file;
#[cfg(all(
    any(feature = "shmif", feature = "virtif"),
    any(feature = "netinet", feature = "netinet6", feature = "sockin")
))]
pub(crate) mod interface;
#[cfg(any(
    feature = "vfs",
    all(
        any(feature = "shmif", feature = "virtif"),
        any(feature = "netinet", feature = "netinet6", feature = "sockin")
    )
))]
#[cfg_attr(
    not(all(feature = "cgd", feature = "raidframe", feature = "virtif")),
    allow(dead_code, reason = "what is used depends on the features")
)]
mod ioctl;
#[cfg(feature = "vfs")]
mod lock;
#[cfg(feature = "vfs")]
pub(crate) mod mount;
#[cfg(feature = "vfs")]
pub(crate) mod process;
#[cfg(all(
    any(feature = "shmif", feature = "virtif"),
    any(feature = "netinet", feature = "netinet6", feature = "sockin")
))]
pub(crate) mod route;
#[cfg(any(feature = "netinet", feature = "netinet6", feature = "sockin"))]
pub(crate) mod socket;
#[cfg(any(feature = "vfs", feature = "shmif", feature = "virtif"))]
#[cfg_attr(
    not(all(
        feature = "vfs",
        any(feature = "shmif", feature = "virtif"),
        any(feature = "netinet", feature = "netinet6", feature = "sockin")
    )),
    allow(dead_code, reason = "what is used depends on the features")
)]
pub(crate) mod sysctl;
#[cfg(feature = "vfs")]
pub(crate) mod tree;
#[cfg(feature = "vfs")]
mod vectored;

pub(crate) use descriptor::Descriptor;
