//! rumpkernel as somebody's dependency, under every profile, compiler and linker.
//!
//! Each row builds the crate in `tests/outside` anew, outside the workspace, and runs it: it boots a kernel and uses what
//! its features chose. Crates with a kernel component of their own, with hypercalls of their own, and without any are built
//! beside it. Rows whose compiler or linker is not installed are named as skipped; with `CI` set, they fail.
//!
//! An argument chooses the rows whose names contain it; `--short`, some that have each profile, compiler and linker once.

mod case;
mod example;
mod kernel_only;
mod own;
mod own_hypercalls;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use case::{CASES, Case};
use example::Example;
use rumpkernel_tests::Outside;

/// What is called of the crate.
const FUNCTIONS: [&str; 2] = ["outside_run", "outside_crash"];

fn main() -> ExitCode {
    let outside = match Outside::create() {
        Ok(outside) => outside,
        Err(error) => {
            eprintln!("link-matrix: cannot set up the crate outside: {error}");
            return ExitCode::FAILURE;
        }
    };
    let argument = std::env::args().nth(1).unwrap_or_default();
    let is_short = argument == "--short";
    let filter = if is_short { "" } else { &argument };
    let mut passed = 0;
    let mut failed = 0;
    let mut skipped = 0;
    let rows = CASES.iter().filter(|case| case.name.contains(filter));
    for case in rows.filter(|case| case.is_short || !is_short) {
        match verdict(&outside, case) {
            Verdict::Passed => passed += 1,
            Verdict::Failed => failed += 1,
            Verdict::Skipped => skipped += 1,
        }
    }
    let examples = [
        (own::EXAMPLE, own::CHECKS),
        (own_hypercalls::EXAMPLE, own_hypercalls::CHECKS),
    ];
    let examples = examples.into_iter().flat_map(|(example, checks)| {
        let outside = &outside;
        checks.iter().map(move |(name, check)| {
            let check = move || {
                let example = Example::create(outside.folder(), example);
                check(&example.map_err(|error| error.to_string())?)
            };
            (
                *name,
                Box::new(check) as Box<dyn Fn() -> Result<(), String>>,
            )
        })
    });
    let kernel_only = || kernel_only::check(outside.folder());
    let others = examples.chain([(kernel_only::NAME, Box::new(kernel_only) as _)]);
    for (name, check) in others.filter(|(name, _)| name.contains(filter)) {
        match check() {
            Ok(()) => {
                println!("passed   {name}");
                passed += 1;
            }
            Err(reason) => {
                println!("FAILED   {name}\n{reason}");
                failed += 1;
            }
        }
    }
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    if failed > 0 || passed == 0 {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

enum Verdict {
    Passed,
    Failed,
    Skipped,
}

fn verdict(outside: &Outside, case: &Case) -> Verdict {
    if let Some(tool) = case.tools.iter().find(|tool| !installed(tool)) {
        println!("skipped  {:<44} {tool} is not installed", case.name);
        return if std::env::var_os("CI").is_some() {
            Verdict::Failed
        } else {
            Verdict::Skipped
        };
    }
    match build_and_run(outside, case) {
        Ok(()) => {
            println!("passed   {}", case.name);
            Verdict::Passed
        }
        Err(reason) => {
            println!("FAILED   {}\n{reason}", case.name);
            Verdict::Failed
        }
    }
}

fn build_and_run(outside: &Outside, case: &Case) -> Result<(), String> {
    let recipe = case.recipe();
    let built = outside.build(&recipe)?;
    check_mark(case, &built)?;
    FUNCTIONS
        .iter()
        .try_for_each(|function| outside.call(&recipe, &built, function))
}

/// Fails if another linker than the wanted one made `built`.
fn check_mark(case: &Case, built: &Path) -> Result<(), String> {
    let mark = case.mark.as_bytes();
    if mark.is_empty() {
        return Ok(());
    }
    let bytes = fs::read(built).map_err(|error| format!("{}: {error}", built.display()))?;
    if bytes.windows(mark.len()).any(|window| window == mark) {
        return Ok(());
    }
    Err(format!(
        "{} was not linked by the linker of this row",
        built.display()
    ))
}

fn installed(tool: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(tool).is_file()))
}
