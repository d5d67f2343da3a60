//! Time: the host's clock, or one that the program moves.
//!
//! Every time that hypercalls see comes from the instance's [`Time`].

mod hand;
mod kind;
mod spawn;
mod time;

pub use hand::Hand;
pub use kind::{Clock, ClockError};
pub use spawn::Spawned;
pub(crate) use time::Time;
