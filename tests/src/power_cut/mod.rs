//! Losses of power: what a kernel has called durable is there afterwards.
//!
//! A kernel works on a file system, and all that it writes to its disk is recorded, with every
//! flush ([`Recorder`](rumpkernel::disk::Recorder)). A loss of power at a point of the recording
//! leaves what was flushed by then, and of every sector that was written since any of the versions,
//! or the old one: disks make writes in whatever order they like, and tear them between sectors.
//! From such a disk the file system is mounted again, after its checker has repaired it if it has
//! one, and looked at.

mod disk;
mod format;
mod inspection;
mod random;
mod work;

use std::fmt;
use std::path::Path;

use rumpkernel::{Builder, Kernel};

use disk::{Disk, Loss};
pub(crate) use format::AT;
pub use format::Format;
use inspection::Inspection;
use random::Random;
use work::Work;
pub(crate) use work::{Contents, Promise};

/// What a campaign found.
#[derive(Debug, Default)]
pub struct Report {
    /// How many losses of power there were.
    pub cuts: usize,
    /// How many of them were at a flush.
    pub at_flushes: usize,
    /// How many files that were to be there were looked at.
    pub files: usize,
    /// What was not as promised.
    pub troubles: Vec<String>,
}

impl Report {
    /// Adds what another campaign found.
    pub fn add(&mut self, other: Self) {
        self.cuts += other.cuts;
        self.at_flushes += other.at_flushes;
        self.files += other.files;
        self.troubles.extend(other.troubles);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            cuts,
            at_flushes,
            files,
            troubles,
        } = self;
        write!(
            f,
            "{cuts} cuts, {at_flushes} of them at flushes; {files} durable files looked at; {} troubles",
            troubles.len()
        )
    }
}

/// How a campaign is made.
#[derive(Debug, Clone, Copy)]
pub struct Campaign {
    /// The file system.
    pub format: Format,
    /// How many losses of power are at random points.
    pub cuts: usize,
    /// How many are at flushes at most, half of them right before, half right after.
    pub flushes: usize,
    /// How many operations the kernel makes.
    pub operations: usize,
    /// Makes the campaign repeatable, but for the order of the kernel's own writes.
    pub seed: u64,
}

impl Campaign {
    /// Works on an image in `folder`, and looks at what losses of power leave. Kernels are booted
    /// by `boot`.
    ///
    /// # Errors
    ///
    /// What kept the work from being done; what was lost is in the report.
    pub fn run(
        &self,
        folder: &Path,
        boot: impl Fn(Builder) -> Result<Kernel, rumpkernel::Error>,
    ) -> Result<Report, String> {
        let mut random = Random::new(self.seed);
        let (work, disk) = self.record(folder, self.operations, &mut random, &boot)?;
        let flushes = disk.flushes();
        let step = (2 * flushes.len()).div_ceil(self.flushes.max(1)).max(1);
        let at_flushes: Vec<usize> = flushes
            .iter()
            .flat_map(|at| [*at, at + 1])
            .step_by(step)
            .collect();
        let first = work.begin();
        let at_random = (0..self.cuts).map(|_| first + random.below(disk.len() - first + 1));
        let points = at_flushes
            .iter()
            .copied()
            .chain(at_random.collect::<Vec<_>>());

        let mut inspection = Inspection::new(self, &disk, folder.join("cut"), &boot);
        for point in points.filter(|point| *point >= first) {
            let promised: Vec<_> = work.promised(point).collect();
            inspection.cut(point, Loss::Power, &mut random, &promised)?;
        }
        let mut report = inspection.report;
        report.at_flushes = at_flushes.len();
        Ok(report)
    }

    /// Mounts an image in `folder` for the first time, and looks at what a death of the kernel and
    /// a loss of power leave at each point of that. A file system that is to have a log makes it.
    ///
    /// # Errors
    ///
    /// What kept the file system from being mounted and set up.
    pub fn run_first_mount(
        &self,
        folder: &Path,
        boot: impl Fn(Builder) -> Result<Kernel, rumpkernel::Error>,
    ) -> Result<Report, String> {
        let mut random = Random::new(self.seed);
        let (_work, disk) = self.record(folder, 0, &mut random, &boot)?;
        let mut inspection = Inspection::new(self, &disk, folder.join("cut"), &boot);
        for point in 0..=disk.len() {
            for loss in [Loss::Kernel, Loss::Power] {
                inspection.cut(point, loss, &mut random, &[])?;
            }
        }
        Ok(inspection.report)
    }

    /// Records a piece of work on a new image.
    fn record(
        &self,
        folder: &Path,
        operations: usize,
        random: &mut Random,
        boot: impl Fn(Builder) -> Result<Kernel, rumpkernel::Error>,
    ) -> Result<(Work, Disk), String> {
        let image = folder.join("image");
        self.format.make(&image)?;
        let original = std::fs::read(&image).map_err(|error| error.to_string())?;
        let work = Work::record(self.format, &image, operations, random, boot)?;
        let disk = Disk::new(original, work.recorder());
        Ok((work, disk))
    }
}
