//! Kernel components of a crate's own: `examples/own-component`, as it is and with what users do wrong.

use crate::example::{Check, Example, says, works};

pub(crate) const EXAMPLE: &str = "own-component";

/// What the example prints when its driver works.
const PRINTED: [&str; 3] = [
    "caesar0 at mainbus0: letters move on by 3",
    "caesar1 at mainbus0: letters move on by 3",
    "Yhql, ylgl, ylfl.",
];

pub(crate) const CHECKS: &[Check] = &[
    ("own component, linked", linked),
    ("own component, loaded", loaded),
    ("own component, loaded without it", loaded_without),
    ("own component that does not compile", broken),
    ("own component without what it needs", needy),
    ("own component without rumpkernel-sys", indirect),
];

const RUN: [&str; 2] = ["run", "--offline"];
const RUN_LOADED: [&str; 4] = ["run", "--offline", "--features", "instances"];

fn linked(own: &Example) -> Result<(), String> {
    works(&own.cargo(&RUN, &[])?, &PRINTED)
}

fn loaded(own: &Example) -> Result<(), String> {
    let driver = own.folder().join("driver");
    let variables = [("RUMPKERNEL_OWN_COMPONENTS", driver.as_os_str())];
    works(&own.cargo(&RUN_LOADED, &variables)?, &PRINTED)
}

/// The build warns, and kernels have no such device.
fn loaded_without(own: &Example) -> Result<(), String> {
    let output = own.cargo(&RUN_LOADED, &[])?;
    if output.status.success() {
        return Err("a loaded kernel has the component".to_owned());
    }
    says(
        &output,
        &["RUMPKERNEL_OWN_COMPONENTS", "/dev/caesar0", "ENOENT"],
    )
}

fn broken(own: &Example) -> Result<(), String> {
    let (good, bad) = ("#define CAESAR_SHIFT\t3", "#error veni");
    let words = ["#error veni", "caesar.c:"];
    refused(own, "driver/caesar.c", good, bad, &words)
}

fn needy(own: &Example) -> Result<(), String> {
    let words = ["rumpdev_caesar needs rumpdev", "feature"];
    refused(own, "Cargo.toml", "\"dev\"", "\"vfs\"", &words)
}

fn indirect(own: &Example) -> Result<(), String> {
    let words = ["DEP_RUMPKERNEL_SOURCE is not set", "[dependencies]"];
    let dependency = "rumpkernel-sys = ";
    refused(own, "Cargo.toml", dependency, "# rumpkernel-sys = ", &words)
}

/// Builds with a text in place of another one, which has to fail with these words.
fn refused(own: &Example, file: &str, from: &str, to: &str, words: &[&str]) -> Result<(), String> {
    let edited = own.edit(file, from, to);
    edited.map_err(|error| error.to_string())?;
    let output = own.cargo(&["build", "--offline"], &[])?;
    if output.status.success() {
        return Err("it was built".to_owned());
    }
    says(&output, words)
}
