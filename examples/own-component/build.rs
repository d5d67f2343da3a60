//! Compiles the component in `driver` and links it to the program.

use std::process::ExitCode;

use rumpkernel_build::own::{self, Own};

fn main() -> ExitCode {
    own::report(Own::from_env().and_then(|own| own.folder("driver").build()))
}
