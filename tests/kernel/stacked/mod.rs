//! Devices that the kernel makes of disks and files.

pub(crate) mod cgd;
pub(crate) mod fss;
pub(crate) mod md;
pub(crate) mod raid;
pub(crate) mod vnd;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rumpkernel::disk::{Access, Disk, MemoryDisk};
use rumpkernel::stacked::BlockDevice;
use rumpkernel::{Kernel, fs};
use rumpkernel_examples::Image;

use crate::world;

/// A kernel with a directory to mount on.
fn kernel() -> Kernel {
    let kernel = world::boot();
    fs::create_dir(&kernel, "/mnt").unwrap();
    kernel
}

/// The size of a disk on which any of the images finds room, in bytes: a component of an array that
/// its stripes fill to the last sector.
const SIZE: usize = 9 << 20;

/// Writes an image to a device of the kernel's, from its beginning on.
fn write(kernel: &Kernel, device: &impl BlockDevice, image: Image) {
    write_bytes(kernel, device, &image.bytes().unwrap());
}

fn write_bytes(kernel: &Kernel, device: &impl BlockDevice, bytes: &[u8]) {
    let mut options = fs::OpenOptions::new();
    let node = options.write(true).open(kernel, device.node()).unwrap();
    node.write_all_at(bytes, 0).unwrap();
    node.sync_all().unwrap();
}

/// Contents that differ from block to block.
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at / 512 * 7 + at) as u8).collect()
}

/// A disk in memory that fails when it is told to.
#[derive(Clone)]
struct Failing {
    memory: MemoryDisk,
    fails: Arc<AtomicBool>,
}

impl Failing {
    fn new() -> Self {
        Self {
            memory: MemoryDisk::zeroed(SIZE),
            fails: Arc::default(),
        }
    }

    fn break_down(&self) {
        self.fails.store(true, Ordering::Relaxed);
    }

    fn check(&self) -> io::Result<()> {
        match self.fails.load(Ordering::Relaxed) {
            true => Err(io::Error::other("the disk is broken")),
            false => Ok(()),
        }
    }
}

impl Disk for Failing {
    fn size(&self) -> u64 {
        self.memory.size()
    }

    fn access(&self) -> Access {
        Access::ReadWrite
    }

    fn read(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.check()?;
        self.memory.read(buffer, offset)
    }

    fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.check()?;
        self.memory.write(bytes, offset)
    }

    fn flush(&self) -> io::Result<()> {
        self.check()
    }

    fn name(&self) -> std::borrow::Cow<'_, str> {
        "a disk that can fail".into()
    }
}
