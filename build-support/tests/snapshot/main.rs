//! The snapshot stage, from outside: every way in, and every misfortune on the way.
//!
//! The trees are synthetic and small; their pins are computed here, apart from the code under
//! test, from the format that its documentation states.

mod cache;
mod fixture;
#[cfg(feature = "git")]
mod git;
mod hostile;
#[cfg(feature = "download")]
mod network;
mod sources;
