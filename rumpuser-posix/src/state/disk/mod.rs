//! The disks that a kernel has.
//!
//! A program gives a kernel a disk with [`Instance::attach_disk`](crate::Instance::attach_disk),
//! under a name by which the kernel finds it in place of a host path. A [`Disk`] is any value of
//! the program's; a [`HostDisk`] is a file or device of the host's.

mod host;
mod lock;
mod storage;
pub(crate) mod transfer;

use std::collections::HashMap;
use std::ffi::{CStr, CString, c_int};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use parking_lot::Mutex;
use portable_atomic::AtomicU64;

use super::failure::Failures;
use crate::host::fork;
use crate::program::{self, Theirs};

pub use host::HostDisk;
pub(crate) use host::device_size;
pub(crate) use lock::DiskLock;
pub use storage::{Access, Disk};

/// Why a file cannot be a disk.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DiskError {
    /// The file could not be opened.
    #[error("cannot open the disk image")]
    Open(#[source] io::Error),
    /// A kernel, or another program, is using the file.
    #[error("the disk image is already in use: it can have one writer, or readers only")]
    InUse,
    /// A disk is a regular file or a device.
    #[error("the disk image is neither a regular file nor a disk device")]
    NotADisk,
}

/// What kind of file a disk is, as the kernel asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Regular,
    Block,
    Character,
}

/// The file of the host's that has a disk's bytes.
#[derive(Debug)]
pub(crate) struct HostFile {
    pub(crate) file: File,
    /// Where the disk begins in it, in bytes; where it ends is an offset, too.
    pub(crate) start: i64,
    kind: Kind,
}

impl HostFile {
    /// The file of a disk of this size, if it has one.
    fn of(disk: &dyn Disk, size: u64) -> io::Result<Option<Self>> {
        let Some((file, start)) = disk.host_file() else {
            return Ok(None);
        };
        let end = start.checked_add(size).map(i64::try_from);
        let (Ok(start), Some(Ok(_))) = (i64::try_from(start), end) else {
            return Err(io::Error::from_raw_os_error(libc::EOVERFLOW));
        };
        let kind = match file.metadata()?.file_type() {
            block if block.is_block_device() => Kind::Block,
            character if character.is_char_device() => Kind::Character,
            _ => Kind::Regular,
        };
        let file = file.try_clone()?;
        Ok(Some(Self { file, start, kind }))
    }
}

/// A disk under the name that a kernel knows.
#[derive(Debug)]
pub(crate) struct Image {
    /// Closed before the disk gives its lock back.
    pub(crate) host: Option<HostFile>,
    disk: Theirs<Box<dyn Disk>>,
    pub(crate) access: Access,
    /// In bytes, when it was attached. Transfers end here.
    pub(crate) size: u64,
    /// In bytes, as [`Disk::block_size`] says.
    pub(crate) block_size: u32,
    /// Never used twice in a kernel.
    pub(crate) number: u64,
    /// What errors call it.
    pub(crate) path: PathBuf,
    /// How many writes there were.
    pub(crate) written: AtomicU64,
    /// How many of them are known to be durable.
    pub(crate) flushed: Mutex<u64>,
}

impl Image {
    /// Asks the disk, which is the program's code. `Err` with the host's errno; a panic is EIO.
    pub(crate) fn ask<R>(&self, f: impl FnOnce(&dyn Disk) -> io::Result<R>) -> Result<R, c_int> {
        ask(&**self.disk, f).map_err(|error| error.raw_os_error().unwrap_or(libc::EIO))
    }

    pub(crate) fn kind(&self) -> Kind {
        self.host.as_ref().map_or(Kind::Regular, |host| host.kind)
    }
}

fn ask<R>(disk: &dyn Disk, f: impl FnOnce(&dyn Disk) -> io::Result<R>) -> io::Result<R> {
    let panicked = || Err(io::Error::from_raw_os_error(libc::EIO));
    program::call(|| f(disk)).unwrap_or_else(panicked)
}

/// The block size of a disk, if it is one that a disk can have.
fn usable_block_size(disk: &dyn Disk) -> io::Result<u32> {
    let block_size = disk.block_size();
    if block_size.is_power_of_two() && (512..=64 << 10).contains(&block_size) {
        return Ok(block_size);
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidInput,
        format!(
            "{} has blocks of {block_size} bytes: a power of two from 512 to 65536 was expected",
            disk.name()
        ),
    ))
}

/// The disks of one kernel, by name.
#[derive(Debug, Default)]
pub(crate) struct Disks {
    images: Mutex<HashMap<CString, Arc<Image>>>,
    next: AtomicU64,
    pub(crate) failures: Failures,
}

impl Disks {
    pub(crate) fn find(&self, name: &CStr) -> Option<Arc<Image>> {
        self.images.lock().get(name).cloned()
    }

    /// Puts a disk under a name that is made of the kernel's number.
    pub(crate) fn attach(
        self: &Arc<Self>,
        kernel: u64,
        disk: Box<dyn Disk>,
    ) -> io::Result<AttachedDisk> {
        let disk = Theirs::new(disk);
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let name = format!("/rumpuser/{kernel}/disk{number}");
        let name = CString::new(name).expect("the name is made of digits and letters");
        let image = ask(&**disk, |disk| {
            let size = disk.size();
            let block_size = usable_block_size(disk)?;
            let host = HostFile::of(disk, size)?;
            let path = PathBuf::from(&*disk.name());
            Ok((disk.access(), size, block_size, host, path))
        });
        let (access, size, block_size, host, path) = image?;
        let image = Image {
            host,
            access,
            size,
            block_size,
            number,
            path,
            written: AtomicU64::new(0),
            flushed: Mutex::new(0),
            disk,
        };
        self.images.lock().insert(name.clone(), Arc::new(image));
        Ok(AttachedDisk {
            name,
            number,
            size,
            disks: Arc::clone(self),
            generation: fork::generation(),
        })
    }

    pub(crate) fn images(&self) -> Vec<Arc<Image>> {
        self.images.lock().values().cloned().collect()
    }
}

/// A disk that is attached to a kernel. Dropping it takes the name away; the disk stays, and a
/// [`HostDisk`] stays locked, while the kernel has it open.
#[derive(Debug)]
pub struct AttachedDisk {
    name: CString,
    number: u64,
    size: u64,
    disks: Arc<Disks>,
    generation: u32,
}

impl AttachedDisk {
    /// What to give to the kernel in place of a host path (to `rump_pub_etfs_register`, say).
    #[must_use]
    pub fn host_path(&self) -> &CStr {
        &self.name
    }

    /// The size in bytes, as it was when it was attached.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }
}

impl Drop for AttachedDisk {
    fn drop(&mut self) {
        // A child that was forked leaves alone what is its parent's.
        if self.generation == fork::generation() {
            self.disks.images.lock().remove(&self.name);
        }
    }
}
