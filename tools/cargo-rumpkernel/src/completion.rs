//! `completion`: a script for a shell.

use clap::CommandFactory as _;

use crate::cli::{Cli, Completion};
use crate::error::Error;
use crate::output;

/// Prints the script.
pub(crate) fn run(options: &Completion) -> Result<(), Error> {
    let mut command = Cli::command();
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut command, "cargo-rumpkernel", &mut script);
    output::text(&String::from_utf8_lossy(&script))
}
