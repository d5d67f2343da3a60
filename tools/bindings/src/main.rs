//! Maintainers' tool: writes the parts of rumpkernel-sys that mirror a NetBSD source tree.
//!
//! ```text
//! cargo run -p rumpkernel-bindings --features generate                writes the files
//! cargo run -p rumpkernel-bindings --features generate -- --check     fails where they differ
//! ```
//!
//! The tree is that of the default snapshot, as a build finds it (`RUMPKERNEL_SOURCE`, else the
//! cache), or the one that `--source` names. Either way the assertions are then compiled for every
//! machine, against this tree, against the other snapshots that vendor-dates.toml calls `compared`,
//! and against the trees that `--also` names: one set of bindings serves them all. What a new
//! snapshot declares otherwise is shown, and [`selection`] is where it is left out.
//!
//! The data flows in one direction: a [`view`] of the tree for one data model, the [`prototypes`]
//! of the system calls and the names of the [`constants`] in that view, the [`declarations`] that
//! bindgen makes of them, the [`models`] merged, the [`facts`] in them, written as
//! [`rust_files`], as the table of [`entry_points`], as the [`calls`] by number and as the C
//! [`layout_check`]; [`output`] delivers the files.
//!
//! Only facts reach the output: names, types, values, sizes and offsets. Comments do not.
//!
//! Needs libclang and clang.

mod calls;
mod constants;
mod declarations;
mod entry_points;
mod facts;
mod layout_check;
mod models;
mod output;
mod prototypes;
mod rust_files;
mod selection;
mod trees;
mod view;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lexopt::prelude::Long;

use output::File;
use trees::Trees;
use view::View;

/// Whatever ends the tool: shown to the maintainer as it is.
type Failure = Box<dyn std::error::Error>;

/// What the command line asks for.
struct Request {
    /// The trees to read.
    trees: Trees,
    /// Compare instead of writing.
    check: bool,
}

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("rumpkernel-bindings: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Generates all files, writes or compares them, and compiles the assertions.
fn run() -> Result<ExitCode, Failure> {
    let Request { trees, check } = parse_arguments()?;
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rumpkernel-sys");
    let files = generate(&trees.source, &crate_folder)?;
    let same = output::deliver(&crate_folder, &files, check)?;
    let mut fits = true;
    for tree in [&trees.source].into_iter().chain(&trees.others) {
        fits &= check_layout(tree, &crate_folder)?;
    }
    Ok(if fits && (same || !check) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Generates all files from `tree`.
fn generate(tree: &Path, crate_folder: &Path) -> Result<Vec<File>, Failure> {
    let system_calls = prototypes::system_calls(tree)?;
    let merged = models::merge(|triple| {
        let view = View::open(tree, crate_folder, triple)?;
        let constants = constants::in_view(&view)?;
        declarations::generate(&view, &system_calls, &constants)
    })?;
    let features = entry_points::features_of(crate_folder)?;
    let mut files = rust_files::generate(&merged)?;
    files.push(entry_points::generate(&merged, &system_calls, &features)?);
    files.push(calls::generate(&merged, &system_calls)?);
    files.push(layout_check::generate(tree, &merged, &system_calls)?);
    Ok(files)
}

/// Compiles the assertions against `tree` for every machine that it has. Says what does not hold.
fn check_layout(tree: &Path, crate_folder: &Path) -> Result<bool, Failure> {
    let mut fits = true;
    for triple in models::MODELS.iter().flat_map(|model| model.triples) {
        let view = View::open(tree, crate_folder, triple)?;
        if !view.has_machine() {
            println!("{} has no machine for {triple}", tree.display());
        } else if let Err(complaint) = view.check_layout(&[])? {
            println!("{} for {triple}:\n{complaint}", tree.display());
            fits = false;
        }
    }
    Ok(fits)
}

/// Reads the command line.
fn parse_arguments() -> Result<Request, Failure> {
    let mut parser = lexopt::Parser::from_env();
    let mut source = None;
    let mut also = Vec::new();
    let mut check = false;
    while let Some(argument) = parser.next()? {
        match argument {
            Long("source") => source = Some(PathBuf::from(parser.value()?)),
            Long("also") => also.push(PathBuf::from(parser.value()?)),
            Long("check") => check = true,
            other => return Err(format!("{}\n{USAGE}", other.unexpected()).into()),
        }
    }
    let mut trees = match source {
        Some(source) => Trees {
            source,
            others: Vec::new(),
        },
        None => Trees::compared()?,
    };
    trees.others.append(&mut also);
    Ok(Request { trees, check })
}

const USAGE: &str = "usage: rumpkernel-bindings [--source <tree>] [--also <tree>]… [--check]";
