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

use parking_lot::Mutex;

use crate::host::room;
use crate::state::disk::{DiskLock, Image};
use crate::table::Table;

/// A file that a kernel has open.
#[derive(Debug)]
pub(crate) struct Descriptor {
    pub(crate) file: File,
    pub(crate) writable: bool,
    pub(crate) image: Option<Arc<Image>>,
    /// Given back after the file is closed.
    pub(crate) lock: Option<DiskLock>,
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // The host's lock lasts as long as a copy of the descriptor that a child has, which was
        // forked just now, say, and is about to run another program.
        if self.lock.as_ref().is_some_and(DiskLock::is_ours) {
            // What cannot be unlocked was not locked.
            let _ = self.file.unlock();
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

impl Open {
    /// The host's number.
    pub(crate) fn number(&self) -> RawFd {
        match self {
            Self::Kernel(descriptor) => descriptor.file.as_raw_fd(),
            Self::Program(number) => *number,
        }
    }

    /// The attached disk that it is open on, if it is one.
    pub(crate) fn image(&self) -> Option<&Image> {
        match self {
            Self::Kernel(descriptor) => descriptor.image.as_deref(),
            Self::Program(_) => None,
        }
    }
}

/// The table of one kernel.
#[derive(Debug)]
pub(crate) struct Descriptors {
    open: Mutex<Table<Arc<Descriptor>>>,
    /// Whether numbers that are not in the table are the program's.
    knows_programs: bool,
}

/// A key that no file has for what is no descriptor.
fn key(number: RawFd) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl Descriptors {
    pub(crate) fn new(knows_programs: bool) -> Self {
        Self {
            open: Mutex::default(),
            knows_programs,
        }
    }

    /// `Err` with the host's errno, when it has no memory; then the file is closed.
    pub(crate) fn insert(&self, descriptor: Descriptor) -> Result<RawFd, c_int> {
        let number = descriptor.file.as_raw_fd();
        let mut open = self.open.lock();
        open.try_reserve(1).map_err(|_| libc::ENOMEM)?;
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
            file: descriptor.into(),
            writable: false,
            image: None,
            lock: None,
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
