//! Arrays of disks, raid(4).

mod configuration;
mod label;
mod progress;
mod requests;
mod status;

use std::sync::Arc;

use rumpkernel_sys as sys;

use super::Unit;
use super::unit::{Driver, Free};
use crate::backend::{Handle, Input};
use crate::disk::Access;
use crate::error::During as _;
use crate::mount::{Below, Medium};
use crate::syscall::Descriptor;
use crate::{Error, ErrorKind, Kernel};
use configuration::Configuration;
pub use configuration::{RaidLevel, RaidOptions};
pub use progress::Progress;
pub use status::{ComponentState, RaidStatus};

/// An array of disks, raid(4), RAIDframe's.
///
/// [`create`](Self::create) makes a new one and writes a label to each component;
/// [`assemble`](Self::assemble) makes it again of these labels, in any kernel, also if a component
/// is missing.
///
/// A component that fails is not used any more, and the array goes on without it, if its level can.
/// What failed to be written to the component is told all the same by the next
/// [sync](Kernel::sync) or unmount, as for any disk. [`add_spare`](Self::add_spare) and
/// [`rebuild`](Self::rebuild) replace it.
///
/// The first 64 blocks of each component, of 512 bytes, are the label's. Labels are in the
/// machine's order of bytes.
#[derive(Debug)]
#[must_use = "unconfigured when dropped"]
pub struct Raid {
    unit: Arc<Unit>,
    level: RaidLevel,
}

static DRIVER: Driver = Driver {
    name: "raid",
    has_partitions: true,
    clear: |device: &Descriptor| device.ioctl_plain(sys::RAIDFRAME_SHUTDOWN),
};

impl Raid {
    /// Makes a new array of these media, whose labels it overwrites. Parity is right after
    /// [`rewrite_parity`](Self::rewrite_parity): until then the array does not survive the loss of
    /// a component.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadConfiguration`] for a number of components that the level cannot have;
    /// `EROFS` for a medium that cannot be written; what opening one returns; the kernel's console
    /// says more about an `EINVAL`.
    pub fn create(
        kernel: &Kernel,
        level: RaidLevel,
        media: impl IntoIterator<Item = Medium>,
        options: RaidOptions,
    ) -> Result<Self, Error> {
        let mut media: Vec<Medium> = media.into_iter().collect();
        let created = Self::try_create(kernel.handle(), level, &mut media, options);
        created.during("create raid")
    }

    fn try_create(
        kernel: &Handle,
        level: RaidLevel,
        media: &mut [Medium],
        options: RaidOptions,
    ) -> Result<Self, ErrorKind> {
        let columns = level.check(media.len())?;
        let below = attach(kernel, media)?;
        let configuration = Configuration::new(level, options, columns);
        let raid = Self::configure(kernel, configuration, below)?;
        raid.write_labels(options.serial)?;
        Ok(raid)
    }

    /// Makes an array of media that are components of one, as their labels say, in any order. As
    /// many may be missing as the level can lose. One that was not there when the array was last used
    /// counts as missing, and is let go of: it is a [spare](Self::add_spare) to
    /// [rebuild](Self::rebuild) on.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::BadConfiguration`] when a medium has no label, when they are of several arrays,
    /// or too many are missing; otherwise as for [`create`](Self::create).
    pub fn assemble(
        kernel: &Kernel,
        media: impl IntoIterator<Item = Medium>,
    ) -> Result<Self, Error> {
        let mut media: Vec<Medium> = media.into_iter().collect();
        let assembled = Self::try_assemble(kernel.handle(), &mut media);
        assembled.during("assemble raid")
    }

    fn try_assemble(kernel: &Handle, media: &mut [Medium]) -> Result<Self, ErrorKind> {
        let below = attach(kernel, media)?;
        let labels = below
            .iter()
            .map(|below| label::read(kernel, below.node()))
            .collect::<Result<Vec<_>, _>>()?;
        let mut configuration = label::combine(&labels)?;
        let below = configuration.pick(below);
        Self::configure(kernel, configuration, below)
    }

    fn configure(
        kernel: &Handle,
        configuration: Configuration,
        below: Vec<Below>,
    ) -> Result<Self, ErrorKind> {
        let level = configuration.level;
        let (unit, ()) = Free::configure(
            kernel,
            &DRIVER,
            Access::ReadWrite,
            below,
            |device, below| {
                let structure = configuration.structure(below)?;
                let input = Input::new(&*structure);
                // SAFETY: the command takes a pointer to a RF_Config_t, whose own pointer is null.
                unsafe {
                    device.ioctl(
                        sys::RAIDFRAME_CONFIGURE,
                        input.start::<sys::RF_Config_t>(),
                        &[input],
                    )
                }
                .map(drop)
            },
        )?;
        Ok(Self {
            unit: Arc::new(unit),
            level,
        })
    }

    /// Returns the level.
    pub fn level(&self) -> RaidLevel {
        self.level
    }
}

fn attach(kernel: &Handle, media: &mut [Medium]) -> Result<Vec<Below>, ErrorKind> {
    let attach = |medium: &mut Medium| medium.attach(kernel, Access::ReadWrite, |_| ());
    media.iter_mut().map(attach).collect()
}

device!(
    Raid { level },
    /// Unconfigures the array and marks its components clean.
);
