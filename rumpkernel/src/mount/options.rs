//! How a file system is mounted.

use std::ffi::c_int;

use rumpkernel_sys as sys;

use super::Writing;
use crate::disk::Access;
use crate::{Errno, ErrorKind};

/// The options of mount(8) that all kinds of file systems take, for
/// [`Kernel::mount_with`](crate::Kernel::mount_with).
///
/// Device nodes of a file system in an image are listed, and never lead to the kernel's devices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[must_use = "for Kernel::mount_with"]
pub struct MountOptions {
    /// None where the kind of file system decides.
    access: Option<Access>,
    flags: c_int,
}

impl MountOptions {
    /// The options of [`Kernel::mount`](crate::Kernel::mount): for reading and writing where the
    /// driver can write safely and the disk can be written, otherwise for reading only; metadata is written when it is changed
    /// or soon after, as the file system does it; access times are recorded.
    pub fn new() -> Self {
        Self::default()
    }

    /// Mounts for reading only. A host image is opened for reading only, too, and is not changed
    /// by anything.
    pub fn read_only(mut self) -> Self {
        self.access = Some(Access::ReadOnly);
        self
    }

    /// Mounts for reading and writing, also where the driver does not write safely: the
    /// documentation of such a kind of file system says what it lacks. Where a driver cannot write
    /// at all ([`Writing::Never`]), mounting fails with `EROFS`.
    pub fn read_write(mut self) -> Self {
        self.access = Some(Access::ReadWrite);
        self
    }

    /// Keeps a journal of metadata (WAPBL), so that a crash leaves a file system that is replayed
    /// at the next mount instead of one that has to be checked. Of NetBSD's file systems FFS can;
    /// with others mounting fails with [`ErrorKind::BadParameter`](crate::ErrorKind).
    ///
    /// When the host fails to write to the image, the journal may stop. From then on every change
    /// is `EIO`, and so is [`unmount`](super::Mount::unmount): dropping the
    /// [`Mount`](super::Mount) unmounts. The journal in the image has all that was synced before,
    /// and is replayed by the next mount.
    pub fn log(self) -> Self {
        self.with(sys::MNT_LOG)
    }

    /// Does not record when files were read. The drivers of ext2, FFS, LFS and UDF heed this;
    /// tmpfs, FAT, V7 and others record it all the same.
    pub fn no_access_times(self) -> Self {
        self.with(sys::MNT_NOATIME)
    }

    /// Every change reaches the image before the call that makes it returns.
    pub fn synchronous(self) -> Self {
        self.with(sys::MNT_SYNCHRONOUS)
    }

    /// Writes metadata when the kernel gets to it: much faster, and after a loss of power there is
    /// nothing to repair the file system from.
    pub fn asynchronous(self) -> Self {
        self.with(sys::MNT_ASYNC)
    }

    /// Ignores the set-user-ID and set-group-ID bits of programs.
    pub fn no_set_id(self) -> Self {
        self.with(sys::MNT_NOSUID)
    }

    /// Lets nobody run programs on it.
    pub fn no_exec(self) -> Self {
        self.with(sys::MNT_NOEXEC)
    }

    /// Recognises the permissions of symbolic links.
    pub fn link_permissions(self) -> Self {
        self.with(sys::MNT_SYMPERM)
    }

    /// Shows what the mount point has beside the root directory of the file system, which takes
    /// all changes; the file system `Union` does so for whole trees.
    pub fn union(self) -> Self {
        self.with(sys::MNT_UNION)
    }

    /// Keeps extended attributes, see [`fs::attribute`](crate::fs::attribute). FFS 1 can; it needs
    /// the directories `.attribute/user` and `.attribute/system` in its root, and makes a file in
    /// them for each name of an attribute.
    pub fn extended_attributes(self) -> Self {
        self.with(sys::MNT_EXTATTR)
    }

    fn with(mut self, flag: c_int) -> Self {
        self.flags |= flag;
        self
    }

    /// What is to be done with a file system whose driver and disk can do this; `EROFS` for writing
    /// where the driver can only read, which not every such driver says itself.
    pub(super) fn access(&self, writing: Writing, disk: Access) -> Result<Access, ErrorKind> {
        match (self.access, writing) {
            (Some(Access::ReadWrite), Writing::Never) => Err(ErrorKind::Errno(Errno::ROFS)),
            (Some(access), _) => Ok(access),
            (None, Writing::Safe) => Ok(disk),
            (None, Writing::OnRequest | Writing::Never) => Ok(Access::ReadOnly),
        }
    }

    /// Flags of mount(2).
    pub(super) fn flags(&self, access: Access) -> c_int {
        match access {
            Access::ReadOnly => self.flags | sys::MNT_RDONLY,
            Access::ReadWrite => self.flags,
        }
    }

    /// Returns whether a journal is asked for.
    pub(super) fn has_log(&self) -> bool {
        self.flags & sys::MNT_LOG != 0
    }
}
