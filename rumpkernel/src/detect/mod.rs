//! What lies in an image: which file system, whether it is clean, and why it cannot be mounted.
//!
//! No kernel is needed, and no feature. [`detect`] looks at any [`Disk`],
//! [`Image`] at a file or device of the host's. Both give a [`Detection`]: all that is there, the
//! likeliest first, because a disk can be several things at once (a hybrid ISO image has a partition
//! table, too) or have remnants of what it was.
//!
//! ```no_run
//! # fn main() -> Result<(), rumpkernel::Error> {
//! use rumpkernel::detect::Image;
//!
//! let detection = Image::open("some.img")?.detect()?;
//! let Some(found) = detection.best() else {
//!     println!("nothing that is known");
//!     return Ok(());
//! };
//! println!("{found}, clean: {:?}", found.was_clean());
//! for obstacle in &found.obstacles {
//!     println!("it {obstacle}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! What a damaged or hostile image says is reported as it is, but takes neither much memory nor
//! much time: at most some hundred sectors are read. Of formats only what their superblocks say is
//! known here; that an image can be read to the end is what its checker tells.

mod block;
mod container;
mod detected;
mod exfat;
mod ext;
mod fat;
mod ffs;
mod foreign;
mod hfs;
mod image;
mod iso9660;
mod kind;
mod lfs;
mod nilfs;
mod ntfs;
mod obstacle;
mod partitions;
mod reader;
mod sysv;
mod udf;
mod v7;

use std::path::Path;

use rumpuser_posix::Disk;

pub use detected::{Detected, State};
pub use image::Image;
pub use kind::Kind;
pub use obstacle::{Obstacle, Stops};

use crate::error::During as _;
use crate::{Error, ErrorKind};
use reader::Reader;

/// All that a disk looks like, the likeliest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detection {
    candidates: Vec<Detected>,
}

impl Detection {
    /// Returns what the disk is, most likely; none if it looks like nothing that is known.
    pub fn best(&self) -> Option<&Detected> {
        self.candidates.first()
    }

    /// Returns all that it looks like, the likeliest first.
    pub fn candidates(&self) -> &[Detected] {
        &self.candidates
    }

    /// All candidates, without a copy.
    #[cfg(feature = "vfs")]
    pub(crate) fn take(self) -> Vec<Detected> {
        self.candidates
    }

    /// Returns what this driver would mount, by [`Kind::feature`].
    pub fn of_driver(&self, name: &str) -> Option<&Detected> {
        let mut candidates = self.candidates.iter();
        candidates.find(|found| found.kind.feature() == Some(name))
    }
}

/// Formats, each with what looks for it.
const PROBES: [fn(&Reader) -> Option<Detected>; 13] = [
    ffs::probe,
    ext::probe,
    fat::probe,
    exfat::probe,
    ntfs::probe,
    iso9660::probe,
    udf::probe,
    hfs::probe,
    nilfs::probe,
    lfs::probe,
    v7::probe,
    sysv::bfs,
    sysv::efs,
];

/// Looks at what a disk begins with. It is read only.
///
/// # Errors
///
/// An error of the kind [`ErrorKind::Host`] when the disk could not be read and nothing was found
/// in what could.
pub fn detect(disk: &dyn Disk) -> Result<Detection, Error> {
    let found = look(disk).map_err(ErrorKind::Host);
    found.during_at("detect", Path::new(&*disk.name()))
}

/// Looks at a disk; errors are the disk's.
pub(crate) fn look(disk: &dyn Disk) -> std::io::Result<Detection> {
    let reader = Reader::new(disk);
    let mut candidates: Vec<_> = PROBES.iter().filter_map(|probe| probe(&reader)).collect();
    candidates.extend(foreign::probe(&reader));
    candidates.extend(container::probe(&reader));
    candidates.extend(partitions::probe(&reader));
    rank(&mut candidates);
    match reader.into_error() {
        Some(error) if candidates.is_empty() => Err(error),
        _ => Ok(Detection { candidates }),
    }
}

/// Puts the likeliest first: by how much each format has that another would not have by chance. Of a
/// disc that is both, UDF is what it is read as, where it can be mounted.
fn rank(candidates: &mut [Detected]) {
    let disc = |found: &Detected| match found.kind {
        Kind::Udf if found.is_mountable() => found.rank + 5,
        _ => found.rank,
    };
    candidates.sort_by_key(|found| std::cmp::Reverse(disc(found)));
}
