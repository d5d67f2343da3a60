//! What a kernel works on.

use std::path::Path;
use std::str::FromStr;

use rumpkernel::Kernel;

use super::Boot;
use crate::power_cut::{Format, Promise};

/// A piece of work, with what it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Files on tmpfs.
    Tmpfs,
    /// Files on an image.
    Image(Format),
    /// TCP and UDP over lo0, and an interface on a hub.
    Net,
}

impl FromStr for Subject {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|subject| subject.name() == name);
        found.ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("{name:?} is none of the subjects {names}")
        })
    }
}

impl Subject {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Tmpfs,
        Self::Image(Format::Ffs),
        Self::Image(Format::FfsLog),
        Self::Image(Format::Ext2),
        Self::Image(Format::Fat),
        Self::Image(Format::Lfs),
        Self::Net,
    ];

    /// Its name in messages and commands.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Tmpfs => "tmpfs",
            Self::Image(format) => format.name(),
            Self::Net => "net",
        }
    }

    pub(super) fn make(self, image: &Path) -> Result<(), String> {
        match self {
            Self::Image(format) => {
                // mkfs.fat makes a new file only.
                let _absent = std::fs::remove_file(image);
                format.make(image)
            }
            Self::Tmpfs | Self::Net => Ok(()),
        }
    }

    /// Looks for what was promised to be on the image, in a kernel without faults.
    pub(super) fn look(self, image: &Path, promises: &[Promise], boot: Boot) -> Result<(), String> {
        let Self::Image(format) = self else {
            return Ok(());
        };
        let kernel = boot(Kernel::builder().quiet()).map_err(|error| error.to_string())?;
        let promises: Vec<&Promise> = promises.iter().collect();
        format.look(&kernel, image, &promises)
    }
}
