//! Why a component of one's own cannot be built by a build script.

use crate::{builder, settings};

/// Why nothing was linked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Cargo has not handed over what rumpkernel-sys exports.
    #[error(
        "DEP_RUMPKERNEL_{0} is not set, which Cargo hands to the build scripts of crates that depend on \
         rumpkernel-sys directly: add `rumpkernel-sys = {{ …, default-features = false }}` to [dependencies] of \
         this crate, from the same place as rumpkernel"
    )]
    NotExported(&'static str),
    /// This is no build script.
    #[error("{0} is not set: this works in a build script only, which Cargo runs")]
    NotCargo(&'static str),
    /// A value that rumpkernel-sys or Cargo does not set.
    #[error("{variable} is `{value}`: expected {expected}")]
    Value {
        /// The variable.
        variable: String,
        /// Its value.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
    /// The kernel was built for another machine.
    #[error("rumpkernel-sys was built for {kernel}, and this crate is built for {own}")]
    Target {
        /// The kernel's target.
        kernel: String,
        /// The crate's.
        own: String,
    },
    /// A component needs one that is not linked.
    #[error(
        "component {own} needs {need}, which the kernel does not have: turn the feature `{need}` of rumpkernel-sys on"
    )]
    Need {
        /// The component.
        own: String,
        /// What it needs.
        need: &'static str,
    },
    /// A setting cannot be understood.
    #[error(transparent)]
    Setting(#[from] settings::InvalidSetting),
    /// A component could not be built.
    #[error(transparent)]
    Build(#[from] builder::Error),
}
