//! Losses of power: what a kernel has called durable is there afterwards.
//!
//! A kernel works on a file system, and all that it writes to its disk is recorded, with every
//! flush ([`Recording`](rumpuser_posix::Recording)). A loss of power at a point of the recording
//! leaves what was flushed by then, and of every sector that was written since any of the versions,
//! or the old one: disks make writes in whatever order they like, and tear them between sectors.
//! From such a disk the file system is mounted again, after its checker has repaired it if it has
//! one, and looked at.

mod disk;
mod format;
mod random;
mod work;

use std::fmt;
use std::path::Path;

use rumpkernel::{Builder, Kernel};

use disk::Disk;
pub(crate) use format::AT;
pub use format::Format;
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
        let (format, mut random) = (self.format, Random::new(self.seed));
        let image = folder.join("image");
        format.make(&image)?;
        let original = std::fs::read(&image).map_err(|error| error.to_string())?;
        let work = Work::record(format, &image, self.operations, &mut random, &boot)?;
        let disk = Disk::new(original, work.events());

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

        let mut report = Report::default();
        let cut = folder.join("cut");
        let mut kernel = None;
        for point in points.filter(|point| *point >= first) {
            disk.write(&cut, point, &mut random)?;
            report.cuts += 1;
            let promised: Vec<_> = work.promised(point).collect();
            report.files += promised.len();
            let looking = match kernel.take() {
                Some(kernel) => kernel,
                None => boot(Kernel::builder().quiet()).map_err(|error| error.to_string())?,
            };
            match format.look(&looking, &cut, &promised) {
                Ok(()) => kernel = Some(looking),
                // One whose file system is damaged is not asked again.
                Err(trouble) => {
                    let place = format!("{format:?}, cut at {point} of {}", disk.len());
                    report.troubles.push(format!("{place}: {trouble}"));
                    looking.kill();
                }
            }
        }
        report.at_flushes = at_flushes.len();
        Ok(report)
    }
}
