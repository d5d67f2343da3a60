//! The rounds: in each, every program measures every operation once, by turns, in a process of its
//! own.

use std::io::Read as _;
use std::num::NonZeroUsize;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::hang;
use crate::images::{self, Images};
use crate::operations::{Row, Unit, Volume};
use crate::programs::{Program, Programs};

/// A process that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(10);
/// After so many processes that hang or fail, no others are asked.
const FAILURES: usize = 3;

/// What one process measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// Nanoseconds an operation takes in each thread, or bytes of memory.
    pub(crate) cost: f64,
    /// Nanoseconds of processor time an operation.
    pub(crate) cpu: f64,
    /// Context switches an operation.
    pub(crate) switches: f64,
}

/// What a program measured of a row, round by round.
#[derive(Debug, Clone, Default)]
pub(crate) struct Series {
    pub(crate) samples: Vec<Option<Sample>>,
    /// How many processes were killed because they hung.
    pub(crate) hung: usize,
    /// How many ended without a result.
    pub(crate) failed: usize,
}

/// The series of each program, for each row.
pub(crate) type Results = Vec<[Series; Program::ALL.len()]>;

/// Runs all rounds.
pub(crate) fn run(
    programs: &Programs,
    images: &Images,
    rows: &[Row],
    rounds: usize,
) -> Result<Results, String> {
    let mut results: Results = rows.iter().map(|_| Default::default()).collect();
    for round in 0..rounds {
        eprint!("\rround {} of {rounds}", round + 1);
        for (row, series) in rows.iter().zip(&mut results) {
            for turn in 0..Program::ALL.len() {
                let index = (round + turn) % Program::ALL.len();
                let (program, series) = (Program::ALL[index], &mut series[index]);
                if !row.programs.contains(&program) {
                    continue;
                }
                let sample = if series.hung + series.failed < FAILURES {
                    measure(programs, images, row, program, series)?
                } else {
                    None
                };
                series.samples.push(sample);
            }
        }
    }
    eprintln!();
    Ok(results)
}

/// How many processes hung or failed on our hypercalls.
pub(crate) fn troubles(results: &Results) -> usize {
    let ours = results.iter().flat_map(|[_, rust, safe]| [rust, safe]);
    ours.map(|series| series.hung + series.failed).sum()
}

fn measure(
    programs: &Programs,
    images: &Images,
    row: &Row,
    program: Program,
    series: &mut Series,
) -> Result<Option<Sample>, String> {
    let mut command = Command::new(programs.path(program));
    command
        .args([row.operation, &row.threads.to_string()])
        .arg(row.duration.as_millis().to_string())
        .env("RUMP_NCPU", cores().to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    if row.volume != Volume::None {
        command.env("RUMP_MEMLIMIT", images::MEMORY);
    }
    if let Some((format, image)) = images.get(row.volume)? {
        command.arg(format).arg(image);
    }
    let mut child = command
        .spawn()
        .map_err(|error| format!("{command:?}: {error}"))?;
    let Some(text) = printed(&mut child) else {
        eprintln!("\n{command:?} hangs:{}", hang::threads(child.id()));
        let killed = child.kill().and_then(|()| child.wait());
        killed.map_err(|error| format!("killing a program that hangs: {error}"))?;
        series.hung += 1;
        return Ok(None);
    };
    child
        .wait()
        .map_err(|error| format!("waiting for a program: {error}"))?;
    let sample = parse(&text, row.unit);
    series.failed += usize::from(sample.is_none());
    Ok(sample)
}

/// What a process prints until it ends, unless it hangs. Another thread waits for it, because
/// asking again and again would disturb what is measured.
fn printed(child: &mut Child) -> Option<String> {
    let mut pipe = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        // Without a line of its own a process has failed, whatever the reason; nobody receives what
        // comes too late.
        let _ = pipe.read_to_string(&mut text);
        let _ = sender.send(text);
    });
    receiver.recv_timeout(PATIENCE).ok()
}

/// Reads the line that a program prints: operations, nanoseconds, processor time, switches, KiB.
fn parse(text: &str, unit: Unit) -> Option<Sample> {
    let line = text.lines().find_map(|line| line.strip_prefix("sample "))?;
    let numbers: Vec<f64> = line
        .split(' ')
        .map_while(|word| word.parse().ok())
        .collect();
    let [operations, elapsed, cpu, switches, resident] = numbers[..] else {
        return None;
    };
    Some(Sample {
        cost: match unit {
            Unit::Resident => resident * 1024.0,
            _ => elapsed / operations,
        },
        cpu: cpu / operations,
        switches: switches / operations,
    })
}

/// The host's cores, but at least two, which is the kernel's default.
pub(crate) fn cores() -> usize {
    thread::available_parallelism()
        .map_or(2, NonZeroUsize::get)
        .max(2)
}
