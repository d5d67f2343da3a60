//! The files that a kernel has open, by the numbers that it names them by.
//!
//! A number is the host's, but it stands for a file of this table only: what a damaged kernel makes
//! up is EBADF, and the program's descriptors are out of its reach. Whoever uses a file holds it
//! until it is done, so that a number which is closed meanwhile is not another file's.
//!
//! A kernel that a C program has booted itself is the exception, as it is with the C library: that
//! program may pass the kernel numbers of its own (`rump_pub_syspuffs_glueinit`).

use std::ffi::c_int;
use std::fs::File;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use parking_lot::Mutex;

use crate::host::room;
use crate::state::disk::{DiskLock, Image};
use crate::table::Table;

/// A file that a kernel has open.
#[derive(Debug)]
pub(crate) struct Descriptor {
    pub(crate) writable: bool,
    pub(crate) backing: Backing,
}

/// What a descriptor is open on.
#[derive(Debug)]
pub(crate) enum Backing {
    /// A file of the host's.
    File(File),
    /// A file that the kernel uses as a disk, and the right to. That is given back after the file
    /// is closed.
    Locked(File, DiskLock),
    /// An attached disk whose bytes a file of the host's has.
    HostDisk(File, Arc<Image>),
    /// An attached disk that the program answers for.
    Disk(Arc<Image>),
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // The host's lock lasts as long as a copy of the descriptor that a child has, which was
        // forked just now, say, and is about to run another program.
        if let Backing::Locked(file, lock) = &self.backing
            && lock.is_ours()
        {
            // What cannot be unlocked was not locked.
            let _ = file.unlock();
        }
    }
}

/// A file that is held open for as long as it is used. Never kept where a thread may leave the
/// kernel by a jump: the file would stay open.
#[derive(Debug)]
pub(crate) enum Open {
    /// One that the kernel has opened.
    Kernel(Arc<Descriptor>),
    /// One of the C program's, which has booted the kernel and sees to it that it stays.
    Program(RawFd),
}

/// What is read and written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target<'a> {
    /// A file of the host's, and what is added to offsets in it.
    File(RawFd, i64),
    /// A disk that the program answers for.
    Disk(&'a Image),
}

impl Open {
    pub(crate) fn target(&self) -> Target<'_> {
        let descriptor = match self {
            Self::Program(number) => return Target::File(*number, 0),
            Self::Kernel(descriptor) => descriptor,
        };
        match &descriptor.backing {
            Backing::File(file) | Backing::Locked(file, _) => Target::File(file.as_raw_fd(), 0),
            Backing::HostDisk(file, image) => {
                let start = image.host.as_ref().map_or(0, |host| host.start);
                Target::File(file.as_raw_fd(), start)
            }
            Backing::Disk(image) => Target::Disk(image),
        }
    }

    /// The host's number; none that it has, for what is no file of the host's.
    pub(crate) fn number(&self) -> RawFd {
        match self.target() {
            Target::File(number, _) => number,
            Target::Disk(_) => -1,
        }
    }

    /// The attached disk that it is open on, if it is one.
    pub(crate) fn image(&self) -> Option<&Image> {
        match self {
            Self::Kernel(descriptor) => descriptor.image(),
            Self::Program(_) => None,
        }
    }
}

impl Descriptor {
    /// The attached disk, if it is one.
    pub(crate) fn image(&self) -> Option<&Image> {
        match &self.backing {
            Backing::HostDisk(_, image) | Backing::Disk(image) => Some(image),
            Backing::File(_) | Backing::Locked(..) => None,
        }
    }
}

/// The table of one kernel.
#[derive(Debug)]
pub(crate) struct Descriptors {
    open: Mutex<Table<Arc<Descriptor>>>,
    /// Whether numbers that are not in the table are the program's.
    knows_programs: bool,
    /// How many disks were opened that are no files of the host's.
    disks: AtomicI32,
}

/// The first number of a disk that is no file: no host has so many files open.
const FIRST_DISK: RawFd = 1 << 30;

/// A key that no file has for what is no descriptor.
fn key(number: RawFd) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl Descriptors {
    pub(crate) fn new(knows_programs: bool) -> Self {
        Self {
            open: Mutex::default(),
            knows_programs,
            disks: AtomicI32::new(0),
        }
    }

    /// `Err` with the host's errno, when it has no memory; then the file is closed.
    pub(crate) fn insert(&self, descriptor: Descriptor) -> Result<RawFd, c_int> {
        let mut open = self.open.lock();
        open.try_reserve(1).map_err(|_| libc::ENOMEM)?;
        let number = match &descriptor.backing {
            Backing::File(file) | Backing::Locked(file, _) | Backing::HostDisk(file, _) => {
                file.as_raw_fd()
            }
            Backing::Disk(_) => loop {
                let disks = self.disks.fetch_add(1, Ordering::Relaxed);
                let number = FIRST_DISK + disks % FIRST_DISK;
                if open.get(&key(number)).is_none() {
                    break number;
                }
            },
        };
        let descriptor = room::with(FOR_DESCRIPTOR, || Arc::new(descriptor));
        open.insert(key(number), descriptor.ok_or(libc::ENOMEM)?);
        Ok(number)
    }

    /// Keeps a descriptor of a component's until the kernel closes it or is dead.
    #[cfg(any(
        all(
            feature = "rumpnet_shmif",
            any(target_os = "linux", target_os = "android")
        ),
        feature = "rumpnet_sockin"
    ))]
    pub(crate) fn adopt(&self, descriptor: std::os::fd::OwnedFd) -> Result<RawFd, c_int> {
        self.insert(Descriptor {
            writable: false,
            backing: Backing::File(descriptor.into()),
        })
    }

    /// What a number of the kernel's stands for; `Err` with the host's EBADF.
    pub(crate) fn find(&self, number: RawFd) -> Result<Open, c_int> {
        match self.open.lock().get(&key(number)) {
            Some(descriptor) => Ok(Open::Kernel(Arc::clone(descriptor))),
            None if self.knows_programs => Ok(Open::Program(number)),
            None => Err(libc::EBADF),
        }
    }

    /// Takes a number out of the table; as for [`find`](Self::find).
    pub(crate) fn remove(&self, number: RawFd) -> Result<Open, c_int> {
        match self.open.lock().remove(&key(number)) {
            Some(descriptor) => Ok(Open::Kernel(descriptor)),
            None if self.knows_programs => Ok(Open::Program(number)),
            None => Err(libc::EBADF),
        }
    }

    pub(crate) fn close_all(&self) {
        self.open.lock().clear();
    }
}

/// A descriptor, and what the allocator adds, in bytes.
const FOR_DESCRIPTOR: usize = size_of::<Descriptor>() + 128;
