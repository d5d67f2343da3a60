//! Each hypercall of a piece of work fails in turn, in each way that it can: the kernel reports an
//! error and goes on, or dies contained. Nothing hangs, and what a sync said is durable is there.
//!
//! A first run counts how many hypercalls could fail in a way. Then there is one run for each of
//! them, in a kernel of its own. SQLite's tests for memory that runs out do the same.

mod subject;
mod watch;
mod work;

use std::fmt;
use std::path::Path;

use rumpkernel::{Builder, Error, Fault, Faults, Kernel};

pub use subject::Subject;
use watch::{Ended, watch};

/// What came of the faults of one kind.
#[derive(Debug, Default)]
pub struct Report {
    /// How many hypercalls could fail.
    pub places: u64,
    /// How many were made to.
    pub runs: u64,
    /// In how many runs the program was told of an error.
    pub told: u64,
    /// In how many runs the kernel died.
    pub died: u64,
    /// How many files that were to be there were looked at.
    pub files: usize,
    /// What was not as it should be.
    pub troubles: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            places,
            runs,
            told,
            died,
            files,
            troubles,
        } = self;
        let troubles = troubles.len();
        write!(
            f,
            "{places} places, {runs} runs: {told} told an error, {died} died; {files} durable files \
             looked at; {troubles} troubles"
        )
    }
}

/// How kernels are booted.
pub type Boot = fn(Builder) -> Result<Kernel, Error>;

/// What is done with each fault.
#[derive(Debug, Clone, Copy)]
pub struct Campaign {
    /// The piece of work.
    pub subject: Subject,
    /// In how many places, spread over all that there are, each fault strikes at most.
    pub places: u64,
    /// Only the one in this place, to look at what went wrong there.
    pub at: Option<u64>,
    /// Boots kernels.
    pub boot: Boot,
}

impl Campaign {
    /// Lets one kind of fault strike in turn. Images lie in `folder`.
    ///
    /// # Errors
    ///
    /// What kept the work from being done without a fault.
    pub fn run(&self, fault: Fault, folder: &Path) -> Result<Report, String> {
        let image = folder.join("image");
        let faults = Faults::default();
        faults.count();
        self.subject.make(&image)?;
        let counted = watch(*self, faults, &image);
        let mut report = match counted.ended {
            Ended::Whole { counted, .. } => Report {
                places: counted[fault as usize],
                ..Report::default()
            },
            other => return Err(format!("without a fault: {other:?}")),
        };
        let step = report.places.div_ceil(self.places.max(1)).max(1);
        let step = usize::try_from(step).unwrap_or(usize::MAX);
        let spread = (0..report.places).step_by(step);
        let places: Vec<u64> = self.at.map_or_else(|| spread.collect(), |at| vec![at]);
        for after in places {
            let faults = Faults::default();
            faults.arm(fault, after, 1);
            self.subject.make(&image)?;
            let run = watch(*self, faults, &image);
            report.runs += 1;
            let place = format!("{} {fault} {after}", self.subject.name());
            match run.ended {
                Ended::Whole { told, .. } => report.told += u64::from(told),
                Ended::Died => report.died += 1,
                Ended::Hung => report.troubles.push(format!("{place}: hung")),
                Ended::Wrong(what) => report.troubles.push(format!("{place}: {what}")),
            }
            report.files += run.promises.len();
            if let Err(trouble) = self.subject.look(&image, &run.promises, self.boot) {
                report
                    .troubles
                    .push(format!("{place}: afterwards: {trouble}"));
            }
        }
        Ok(report)
    }
}
