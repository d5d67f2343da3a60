//! The C compiler for the machine that the tests run on.

use std::process::Command;

/// Rust's triple of that machine.
pub(crate) const TARGET: &str = env!("RUMPUSER_TEST_TARGET");

/// Rust's triple of the machine that compiled the tests, and now compiles for them.
pub(crate) const HOST: &str = env!("RUMPUSER_TEST_HOST");

/// The compiler, found by the conventions of the `cc` crate, with what it needs for the machine.
pub(crate) fn compiler() -> Command {
    cc::Build::new()
        .cargo_metadata(false)
        .target(TARGET)
        .host(HOST)
        .opt_level(1)
        .debug(true)
        .get_compiler()
        .to_command()
}
