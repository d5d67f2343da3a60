//! The C compiler and what else is run.

use std::process::Command;

/// The compiler, found by the conventions of the `cc` crate.
pub(crate) fn compiler() -> Command {
    cc::Build::new()
        .cargo_metadata(false)
        .target(HOST)
        .host(HOST)
        .opt_level(1)
        .debug(false)
        .get_compiler()
        .to_command()
}

/// The triple of the machine that the tests run on.
pub(crate) const HOST: &str = env!("HOST_TRIPLE");

/// Runs a command that has to succeed, and returns what it prints.
#[track_caller]
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{:?} {:?}: {}: {}{}",
        command.get_program(),
        command.get_args(),
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}
