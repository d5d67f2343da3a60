//! Other snapshots than the default, built and booted.
//!
//! `snapshot-boots NAME…`, or `compared` for those that CI fetches, or `all`: for each snapshot,
//! the crate in `tests/outside` is built with `RUMPKERNEL_SNAPSHOT` outside the workspace, and run.
//! It boots a kernel, writes files in tmpfs, reads an FFS image, and uses TCP over lo0. That the
//! bindings fit the snapshot is asserted while it is built.

use std::process::ExitCode;

use rumpkernel_build::snapshot::{self, Error, Pin};
use rumpkernel_tests::{Outside, Recipe};

fn main() -> ExitCode {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let pins = match chosen(&names) {
        Ok(pins) if !pins.is_empty() => pins,
        Ok(_) => {
            eprintln!("snapshot-boots: expected the names of snapshots, `compared` or `all`");
            return ExitCode::FAILURE;
        }
        Err(error) => {
            eprintln!("snapshot-boots: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outside = match Outside::create() {
        Ok(outside) => outside,
        Err(error) => {
            eprintln!("snapshot-boots: cannot set up the crate outside: {error}");
            return ExitCode::FAILURE;
        }
    };
    let mut failed = 0;
    for pin in &pins {
        match build_and_run(&outside, pin) {
            Ok(()) => println!("passed   {}", pin.name),
            Err(reason) => {
                failed += 1;
                println!("FAILED   {}\n{reason}", pin.name);
            }
        }
    }
    println!("{} passed, {failed} failed", pins.len() - failed);
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn chosen(names: &[String]) -> Result<Vec<&'static Pin>, Error> {
    if names == ["all"] {
        let all = snapshot::pins().iter();
        return Ok(all.filter(|pin| pin.unbuildable.is_none()).collect());
    }
    if names == ["compared"] {
        return Ok(snapshot::compared().collect());
    }
    names.iter().map(|name| snapshot::pin(name)).collect()
}

fn build_and_run(outside: &Outside, pin: &Pin) -> Result<(), String> {
    let recipe = Recipe {
        features: "ffs inet",
        env: &[("RUMPKERNEL_SNAPSHOT", &pin.name)],
        ..Recipe::default()
    };
    let built = outside.build(&recipe)?;
    outside.call(&recipe, &built, "outside_run")
}
