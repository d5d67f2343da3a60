//! `cargo rumpkernel`: fetches, checks, inspects and packages the NetBSD sources that rumpkernel
//! builds, and installs its hypercalls as a C library.
//!
//! Runs as a Cargo subcommand or under its own name. Exit codes: 0 if all was done, 1 if something
//! asked for could not be done (the reason is on standard error), 2 for a wrong command line.
//! Results go to standard output, all else to standard error.

mod archive;
mod bar;
mod clean;
mod cli;
mod completion;
mod components;
mod digest;
mod error;
mod features;
mod fetch;
mod install;
mod licenses;
mod list;
mod notices;
mod output;
mod package;
mod reads;
mod survey;
mod verify;

use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Command};

/// What clap exits with where it refuses a command line itself.
const WRONG_COMMAND_LINE: u8 = 2;

fn main() -> ExitCode {
    // Cargo passes the subcommand's name as the first argument.
    let arguments = std::env::args_os()
        .enumerate()
        .filter(|(index, argument)| !(*index == 1 && argument == "rumpkernel"))
        .map(|(_, argument)| argument);
    let outcome = match Cli::parse_from(arguments).command {
        Command::Archive(options) => archive::run(&options),
        Command::Clean(options) => clean::run(&options),
        Command::Completion(options) => completion::run(&options),
        Command::Components(options) => components::run(&options),
        Command::Digest(options) => digest::run(&options),
        Command::Fetch(options) => fetch::run(&options),
        Command::InstallHypercalls(options) => install::run(&options),
        Command::Licenses(options) => licenses::run(&options),
        Command::List(options) => list::run(&options),
        Command::Package(options) => package::run(&options),
        Command::Verify(options) => verify::run(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", rumpkernel_build::with_sources(&error));
            if error.is_of_the_command_line() {
                ExitCode::from(WRONG_COMMAND_LINE)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}
