//! Disks as values: what file systems lie on.
//!
//! A [`Disk`] is anything that reads and writes blocks. [`HostDisk`] is a file or device of the
//! host's, [`MemoryDisk`] is memory of the program's, [`Range`] is a part of another disk, and
//! [`Overlay`] keeps changes beside a disk that stays as it is. [`BlockSize`] gives a disk sectors
//! of another size, [`Recorder`] records what is done with a disk, and [`Faulty`] lets it fail. A
//! program can add its own. With the feature `disk-images`, `DiskImage` is the disk in an image of
//! a virtual machine. [`Shared::partition`] opens a partition of a disk; [`partition`] lists, makes
//! and changes them.
//!
//! ```no_run
//! # #[cfg(feature = "ffs")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use rumpkernel::disk::{Access, HostDisk, Overlay};
//! use rumpkernel::{Kernel, fs, mount::Ffs};
//!
//! let evidence = HostDisk::open("evidence.img", Access::ReadOnly)?;
//! let kernel = Kernel::boot()?;
//! fs::create_dir(&kernel, "/mnt")?;
//! let mount = kernel.mount(Ffs::on(Overlay::new(evidence)), "/mnt")?;
//! fs::write(&kernel, "/mnt/note", "in memory, not on the evidence\n")?;
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "ffs"))]
//! # fn main() {}
//! ```

mod block_size;
mod faulty;
#[cfg(feature = "disk-images")]
mod image;
mod memory;
mod overlay;
pub mod partition;
mod range;
mod recorder;

pub use block_size::BlockSize;
pub use faulty::{Fault, Faulty};
#[cfg(feature = "disk-images")]
pub use image::{DiskImage, ImageError, ImageFormat};
pub use memory::MemoryDisk;
pub use overlay::Overlay;
pub use partition::{Partition, PartitionError, Partitions};
pub use range::{Overlap, Range, Shared};
pub use recorder::{Event, Operation, Recorder};
pub use rumpuser_posix::{Access, Disk, DiskError, HostDisk};
