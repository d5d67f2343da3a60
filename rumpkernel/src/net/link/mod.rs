//! Links between interfaces of kernels in one process, and to the host's own network.
//!
//! The former lose, delay, double and reorder frames only if told to, and then by a seed and by the clocks of
//! the receiving kernels: so with clocks that are moved by hand a network does the same in every run.

mod conditions;
mod hub;
#[cfg(target_os = "linux")]
mod tap;
mod trace;

pub use conditions::Conditions;
pub use hub::{Hub, HubPort, wire};
#[cfg(target_os = "linux")]
pub use tap::Tap;
pub use trace::{Record, Tapped, Trace};
