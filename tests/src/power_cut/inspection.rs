//! Looks at what cuts leave, one after the other.

use std::path::PathBuf;

use rumpkernel::{Builder, Kernel};

use super::disk::{Disk, Loss};
use super::format::Format;
use super::random::Random;
use super::work::Promise;
use super::{Campaign, Report};

/// The cuts of one campaign, as they are made.
pub(super) struct Inspection<'a, Boot> {
    format: Format,
    disk: &'a Disk,
    /// What a cut has left.
    image: PathBuf,
    boot: &'a Boot,
    /// Looks at several images, as long as there is nothing wrong with them.
    kernel: Option<Kernel>,
    pub(super) report: Report,
}

impl<'a, Boot> Inspection<'a, Boot>
where
    Boot: Fn(Builder) -> Result<Kernel, rumpkernel::Error>,
{
    pub(super) fn new(campaign: &Campaign, disk: &'a Disk, image: PathBuf, boot: &'a Boot) -> Self {
        Self {
            format: campaign.format,
            disk,
            image,
            boot,
            kernel: None,
            report: Report::default(),
        }
    }

    /// Makes a cut after `point` events, and looks for what was promised.
    pub(super) fn cut(
        &mut self,
        point: usize,
        loss: Loss,
        random: &mut Random,
        promised: &[&Promise],
    ) -> Result<(), String> {
        self.disk.write(&self.image, point, loss, random)?;
        self.report.cuts += 1;
        self.report.files += promised.len();
        let kernel = match self.kernel.take() {
            Some(kernel) => kernel,
            None => (self.boot)(Kernel::builder().quiet()).map_err(|error| error.to_string())?,
        };
        match self.format.look(&kernel, &self.image, promised) {
            Ok(()) => self.kernel = Some(kernel),
            // One whose file system is damaged is not asked again.
            Err(trouble) => {
                let (format, all) = (self.format, self.disk.len());
                let place = format!("{format:?}, loss of {loss:?} at {point} of {all}");
                self.report.troubles.push(format!("{place}: {trouble}"));
                kernel.kill();
            }
        }
        Ok(())
    }
}
