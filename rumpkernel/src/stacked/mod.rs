//! Devices that a kernel makes of disks, of other devices, or of its files.
//!
//! Each is a value that unconfigures the device when it is dropped, or when nothing lies on the
//! device any more: a file system that is mounted on it, or another such device.

#[macro_use]
#[cfg_attr(
    not(feature = "md"),
    allow(
        unused_macros,
        reason = "which drivers there are depends on the features"
    )
)]
mod device;

#[cfg(feature = "cgd")]
mod cgd;
#[cfg(feature = "fss")]
mod fss;
#[cfg(feature = "md")]
mod md;
#[cfg(feature = "raidframe")]
mod raid;
mod unit;
#[cfg(feature = "vnd")]
mod vnd;

#[cfg(feature = "cgd")]
pub use cgd::{
    Algorithm, Bits, Cgd, IvMethod, Key, KeyError, KeyGeneration, Params, ParamsError, Verification,
};
pub use device::{BlockDevice, UnconfigureError};
#[cfg(feature = "fss")]
pub use fss::Fss;
#[cfg(feature = "md")]
pub use md::Md;
#[cfg(feature = "raidframe")]
pub use raid::{ComponentState, Progress, Raid, RaidLevel, RaidOptions, RaidStatus};
pub(crate) use unit::Unit;
#[cfg(feature = "vnd")]
pub use vnd::Vnd;
