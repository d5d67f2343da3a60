//! Every component with what it is declared to need, and nothing else: linked, booted, and
//! attached.
//!
//! One test for each component of the default snapshot. rumpkernel-build links the component's
//! declared closure into a kernel image, without Cargo features; this program loads it with the
//! hypercalls that are linked here. A dependency that is missing is an undefined symbol or a kernel
//! that does not boot. What symbols show is compared with what is declared, so that nothing is
//! declared for nothing; what they do not show is left out, to see what fails then.
//!
//! All of them have to be compiled for this, which takes minutes, so that they are run by
//! `--ignored` only.

mod attached;
mod hidden;
mod image;
mod libraries;
#[path = "../../rumpuser-posix/tests/packed/mod.rs"]
mod packed;
mod symbols;

use std::process::ExitCode;

use attached::Traces;
use image::Kernel;
use libraries::{Libraries, selections};
use libtest_mimic::{Arguments, Failed, Trial};
use rumpkernel_build::component::Kind;

/// Components that are functions for others, and register nothing.
const PASSIVE: [&str; 3] = [
    "rumpdev_audio_ac97",
    "rumpnet_net80211",
    // It takes the place of the stand-ins that rumpvfs has for named pipes.
    "rumpvfs_fifofs",
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let libraries: &Libraries = match Libraries::of_default_snapshot() {
        Ok(libraries) => Box::leak(Box::new(libraries)),
        Err(missing) => {
            let why = || missing.answer();
            let trial = Trial::ignorable_test("every_component", why).with_ignored_flag(true);
            return libtest_mimic::run(&arguments, vec![trial]).exit_code();
        }
    };
    let entries = libraries.catalogue.entries.iter();
    let components = entries.filter(|entry| entry.kind != Kind::Base);
    let trials = components.flat_map(|component| {
        let name = component.name.as_str();
        let boots = move || boots(libraries, name);
        let symbols = move || symbols::are_declared(libraries, name);
        let hidden = move || hidden::are_needed(libraries, name);
        [
            Trial::test(format!("hidden::{name}"), hidden).with_ignored_flag(true),
            Trial::test(format!("boots::{name}"), boots).with_ignored_flag(true),
            Trial::test(format!("symbols::{name}"), symbols).with_ignored_flag(true),
        ]
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// Boots the component with its closure, and again without it, and looks for what it added.
fn boots(libraries: &Libraries, component: &str) -> Result<(), Failed> {
    for selection in selections(component) {
        let closure = libraries.closure(&selection)?;
        let with = Kernel::boot(libraries.image(&closure, &[])?)?;
        let without = Kernel::boot(libraries.image(&closure, &[component])?)?;
        let attached = Traces::of(&with)?.has_more_than(&Traces::of(&without)?);
        if attached == PASSIVE.contains(&component) {
            let what = if attached {
                "registers something now"
            } else {
                "left no trace"
            };
            return Err(format!("{component} {what}; the console: {}", with.said()).into());
        }
    }
    Ok(())
}
