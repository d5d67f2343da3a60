//! Where a kernel is, and what everything above needs of it: system calls by number, and the few
//! operations that are none.
//!
//! `syscall` is written over [`Backend`], and the safe API over `syscall`. A backend gets a call's
//! number and arguments, and the memory that it reads and writes, so that it need not share the
//! program's address space. [`in_place`] is the backend of kernels that do: the one that is linked
//! into the program, and loaded ones.

#![cfg_attr(
    not(all(feature = "vfs", feature = "virtif", feature = "netinet")),
    allow(dead_code, reason = "what is used depends on the features")
)]

pub(crate) mod in_place;
mod memory;
#[cfg(feature = "vfs")]
mod units;

#[cfg(feature = "vfs")]
use std::ffi::{CStr, CString};
use std::fmt;
use std::sync::Arc;

use rumpkernel_sys::{PlainCall, SystemCall};
use rumpuser_posix::Faults;
#[cfg(feature = "vfs")]
use rumpuser_posix::{AttachedDisk, Disk, DiskFailure, Mark, SyncMark};

use crate::ErrorKind;
pub(crate) use in_place::InPlace;
pub(crate) use memory::{Input, Output, Returned};
#[cfg(feature = "vfs")]
pub(crate) use units::{UnitNumber, Units};

/// A kernel, shared by all that use it. It is ended when the last of them is dropped.
pub(crate) type Handle = Arc<dyn Backend>;

/// The kind of a call: which others it may run beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallKind {
    /// It comes back by itself.
    Short,
    /// It may wait for ever, for a peer on the network or for whoever has locked a file; it holds
    /// no lock of a file system then.
    #[cfg(any(
        test,
        feature = "netinet",
        feature = "netinet6",
        feature = "sockin",
        feature = "vfs"
    ))]
    Endless,
    /// It comes back by itself, and no other short one is inside meanwhile.
    #[cfg(any(test, feature = "vfs"))]
    Exclusive,
}

/// Which disks are meant.
#[cfg(feature = "vfs")]
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scope<'a> {
    /// All that the kernel has, or has had.
    All,
    One(&'a AttachedDisk),
    /// Those below a file system that was mounted from this, as statvfs(2) tells.
    MountedFrom(&'a CStr),
}

/// A disk that a kernel has as a block device.
#[cfg(feature = "vfs")]
#[derive(Debug)]
pub(crate) struct BlockDevice {
    /// Used once in the life of the kernel.
    pub(crate) number: u64,
    /// The block device's node in the kernel.
    pub(crate) node: CString,
}

/// A kernel that is up or has been. All of it may be called from any thread.
pub(crate) trait Backend: fmt::Debug + Send + Sync {
    /// Makes a system call on the calling thread's lwp. The errno of one that failed is an error
    /// here.
    ///
    /// # Safety
    ///
    /// Every pointer among the arguments, and in memory that the call reads, is null or leads to
    /// one of `inputs` or `outputs`, which are as large as the call's manual page asks.
    unsafe fn syscall(
        &self,
        kind: CallKind,
        call: &SystemCall,
        inputs: &[Input<'_>],
        outputs: &mut [Output<'_>],
    ) -> Result<Returned, ErrorKind>;

    /// Makes a process that inherits what this one has but descriptors. What is done on it is done
    /// in that process.
    #[cfg(feature = "vfs")]
    fn fork(&self) -> Result<Handle, ErrorKind>;

    /// The error of every call from now on, if the kernel has ended.
    fn end(&self) -> Option<ErrorKind>;

    /// Returns whether the kernel belongs to a process that this one was forked from: what it has
    /// is not this process's to give back.
    fn is_of_parent(&self) -> bool;

    /// Syncs, unmounts and halts. `Err(ShutDown)` when that has been done, or is being done.
    fn shut_down(&self) -> Result<(), ErrorKind>;

    /// Ends the kernel at once, as a loss of power would. Returns whether all threads have left
    /// it.
    fn kill(&self) -> bool;

    /// Prints text of the program's on the kernel's console.
    fn print(&self, text: &str);

    /// The faults that the host injects.
    fn faults(&self) -> &Faults;

    /// Makes a disk a block device of the kernel.
    #[cfg(feature = "vfs")]
    fn attach_disk(&self, disk: Box<dyn Disk>) -> Result<BlockDevice, ErrorKind>;

    /// Takes a block device away. It must not be mounted any more.
    #[cfg(feature = "vfs")]
    fn detach_disk(&self, number: u64);

    /// The disk of this number, unless it was detached or the kernel has ended.
    #[cfg(feature = "vfs")]
    fn disk(&self, number: u64) -> Option<Arc<AttachedDisk>>;

    /// The units of drivers that the safe API uses.
    #[cfg(feature = "vfs")]
    fn units(&self) -> &Units;

    /// A mark of one who knows of all failed writes up to now.
    #[cfg(feature = "vfs")]
    fn mark(&self) -> Mark;

    /// The mark of those who sync the whole kernel.
    #[cfg(feature = "vfs")]
    fn mark_of_all(&self) -> &Mark;

    /// Makes durable on the host what the kernel has written to disks. Returns the first failed
    /// write or flush that the observer has not been told of.
    #[cfg(feature = "vfs")]
    fn flush(&self, disks: Scope<'_>, observer: &SyncMark<'_>) -> Option<DiskFailure>;

    /// Plugs a link into the first unit of virtif(4) that is free.
    #[cfg(feature = "virtif")]
    fn plug_link(
        &self,
        link: Box<dyn rumpuser_posix::virtif::Link>,
        address: Option<[u8; 6]>,
    ) -> Result<rumpuser_posix::virtif::Plugged, ErrorKind>;

    /// Runs `call`, which takes some of the kernel's time: a clock that is moved by hand moves on.
    #[cfg(any(feature = "shmif", feature = "virtif"))]
    fn while_time_passes(&self, call: &mut dyn FnMut());

    /// Plugs a device into the first USB port that is free.
    #[cfg(feature = "ugenhc")]
    fn plug_usb(
        &self,
        device: Box<dyn rumpuser_posix::usb::Device>,
    ) -> Result<rumpuser_posix::usb::Plugged, ErrorKind>;

    /// The kernel, if its code and memory are the program's, too.
    fn in_place(&self) -> Option<&InPlace>;
}

impl dyn Backend {
    /// Makes a system call without pointers that comes back by itself.
    pub(crate) fn plain(&self, call: PlainCall) -> Result<Returned, ErrorKind> {
        // SAFETY: no argument is a pointer, and nothing else is read.
        unsafe { self.syscall(CallKind::Short, &call, &[], &mut []) }
    }

    /// Makes a system call that comes back by itself.
    ///
    /// # Safety
    ///
    /// As for [`syscall`](Backend::syscall).
    pub(crate) unsafe fn short(
        &self,
        call: SystemCall,
        inputs: &[Input<'_>],
        outputs: &mut [Output<'_>],
    ) -> Result<Returned, ErrorKind> {
        // SAFETY: passed on to the caller.
        unsafe { self.syscall(CallKind::Short, &call, inputs, outputs) }
    }
}
