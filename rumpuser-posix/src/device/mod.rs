//! Hypercalls of components, whose drivers have a part of their own on the host's side.

#[cfg(feature = "rumpdev_netsmb")]
mod netsmb;
mod node;
#[cfg(feature = "rumpnet_shmif")]
mod shmif;
#[cfg(feature = "rumpnet_sockin")]
mod sockin;
#[cfg(feature = "rumpdev_ugenhc")]
pub(crate) mod ugenhc;
#[cfg(feature = "rumpnet_virtif")]
pub(crate) mod virtif;

pub(crate) use node::Node;
