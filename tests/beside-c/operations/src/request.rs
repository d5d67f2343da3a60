//! What a process is asked to measure, by its command line.

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use crate::Sample;

/// One measurement.
#[derive(Debug, Clone)]
pub struct Request {
    /// The operation's name.
    pub operation: String,
    /// How many threads do it at once.
    pub threads: usize,
    /// How long they do it.
    pub duration: Duration,
    /// The file system that the image has, where one is needed.
    pub format: String,
    /// The image of that file system.
    pub image: PathBuf,
}

/// Runs what the command line asks for, and prints the sample for the bench to read.
pub fn answer(run: impl Fn(&Request) -> Result<Sample, String>) -> ExitCode {
    match read().and_then(|request| run(&request)) {
        Ok(sample) => {
            println!("sample {sample}");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

fn read() -> Result<Request, String> {
    let mut arguments = env::args().skip(1);
    let mut next = || arguments.next().ok_or("an argument is missing");
    Ok(Request {
        operation: next()?,
        threads: number(&next()?)?,
        duration: Duration::from_millis(number(&next()?)?),
        format: next().unwrap_or_default(),
        image: next().unwrap_or_default().into(),
    })
}

fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text} is no number"))
}
