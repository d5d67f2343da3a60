//! Our hypercalls beside NetBSD's own in C, under the same kernel, operation by operation, in one
//! run.
//!
//! `cargo run --release -p rumpkernel-tests --bin beside-c`
//!
//! The programs in `tests/beside-c` are built outside the workspace: a kernel without assertions,
//! linked statically with librumpuser of the snapshot that it is built from (-O2), with
//! rumpuser-posix, and with the safe API. Each measurement is a process of its own, because where
//! things have come to lie is the same for as long as a process lives; the programs take turns in
//! many short rounds, so that what else the machine does meets all of them. A run of all operations
//! writes its table into `docs/performance.md`; what is written around the table stays.

mod hang;
mod images;
mod operations;
mod programs;
mod rounds;
mod statistics;
mod table;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use images::Images;
use operations::Row;
use programs::Programs;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/performance.md");

/// Measure our hypercalls beside NetBSD's own in C.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many threads call the kernel at once.
    #[arg(long, value_delimiter = ',', default_values_t = operations::THREADS)]
    threads: Vec<usize>,
    /// Only operations whose names contain one of these words, such as stat or read; no table is
    /// written then.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// How often each program measures each operation.
    #[arg(long, default_value_t = 25)]
    rounds: usize,
    /// The folder for images, whose file system is the one that is measured [default: the temporary
    /// folder].
    #[arg(long)]
    folder: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("beside-c: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), String> {
    let rows: Vec<Row> = operations::rows(&arguments.threads)
        .into_iter()
        .filter(|row| row.is_called(&arguments.only))
        .collect();
    if rows.is_empty() {
        return Err("no operation has such a name".to_owned());
    }
    let programs = Programs::build()?;
    let images = Images::make(arguments.folder.as_deref(), &rows)?;
    let conditions = table::conditions(arguments.rounds);
    let results = rounds::run(&programs, &images, &rows, arguments.rounds)?;
    let table = format!("{conditions}\n\n{}", table::render(&rows, &results));
    println!("{table}");
    let is_whole = arguments.only.is_empty() && arguments.threads == operations::THREADS;
    if is_whole {
        table::write(DOCUMENT.as_ref(), &table)?;
    }
    // What C does not survive is a figure like others; what ours does not is a fault.
    match rounds::troubles(&results) {
        0 => Ok(()),
        count => Err(format!(
            "{count} processes with our hypercalls hung or failed"
        )),
    }
}
