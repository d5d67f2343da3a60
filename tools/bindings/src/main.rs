//! Maintainers' tool: writes the parts of rumpkernel-sys that mirror a NetBSD source tree.
//!
//! ```text
//! cargo run -p rumpkernel-bindings -- --source <tree>            writes the files
//! cargo run -p rumpkernel-bindings -- --source <tree> --check    fails where they differ
//! cargo run -p rumpkernel-bindings -- --source <tree> --also <another tree>
//! ```
//!
//! Either way the assertions are then compiled for every machine, against the tree and against the
//! trees named by `--also`, whose declarations have to be the same for all that is bound: one set of
//! bindings serves all pinned snapshots. To pin another snapshot, name it with `--also`; what it
//! declares otherwise is shown, and [`selection`] is where it is left out.
//!
//! The data flows in one direction: a [`view`] of the tree for one data model, the [`prototypes`]
//! of the system calls and the names of the [`constants`] in that view, the [`declarations`] that
//! bindgen makes of them, the [`models`] merged, the [`facts`] in them, written as
//! [`rust_files`], as the table of [`entry_points`] and as the C [`layout_check`]; [`output`]
//! delivers the files.
//!
//! Only facts reach the output: names, types, values, sizes and offsets. Comments do not.
//!
//! Needs libclang and clang.

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
mod view;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use lexopt::prelude::Long;

/// Whatever ends the tool: shown to the maintainer as it is.
type Failure = Box<dyn std::error::Error>;

/// What the command line asks for.
struct Request {
    /// The NetBSD source tree.
    source: PathBuf,
    /// Other trees that the bindings have to fit.
    also: Vec<PathBuf>,
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

/// Generates all files and writes or compares them.
fn run() -> Result<ExitCode, Failure> {
    let request = parse_arguments()?;
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rumpkernel-sys");
    let system_calls = prototypes::system_calls(&request.source)?;
    let merged = models::merge(|triple| {
        let view = view::View::open(&request.source, &crate_folder, triple)?;
        let constants = constants::in_view(&view)?;
        declarations::generate(&view, &system_calls, &constants)
    })?;
    let features = entry_points::features_of(&crate_folder)?;
    let mut files = rust_files::generate(&merged)?;
    files.push(entry_points::generate(&merged, &system_calls, &features)?);
    files.push(layout_check::generate(
        &request.source,
        &merged,
        &system_calls,
    )?);
    let mut good = output::deliver(&crate_folder, &files, request.check)?;
    for tree in [&request.source].into_iter().chain(&request.also) {
        for triple in models::MODELS.iter().flat_map(|model| model.triples) {
            let view = view::View::open(tree, &crate_folder, triple)?;
            if let Err(complaint) = view.check_layout(&[])? {
                println!("{} for {triple}:\n{complaint}", tree.display());
                good = false;
            }
        }
    }
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
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
            Long("help") => return Err(USAGE.into()),
            other => return Err(format!("{}\n{USAGE}", other.unexpected()).into()),
        }
    }
    let source = source.ok_or(USAGE)?;
    Ok(Request {
        source,
        also,
        check,
    })
}

const USAGE: &str =
    "usage: rumpkernel-bindings --source <NetBSD source tree> [--also <tree>]… [--check]";
