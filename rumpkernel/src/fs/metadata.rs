//! What a file system knows about a file, stat(2).

use std::fmt;
use std::path::Path;
use std::time::SystemTime;

use rumpkernel_sys as sys;

use super::times::Time;
use super::{Flags, Permissions};
use crate::error::During as _;
use crate::{Errno, Error, ErrorKind, Kernel, path, syscall};

/// Information about a file, like `std::fs::Metadata` with the fields of
/// `std::os::unix::fs::MetadataExt`, in NetBSD's numbers.
#[derive(Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Metadata {
    mode: u32,
    inode: u64,
    device: u64,
    node_device: u64,
    links: u32,
    user: u32,
    group: u32,
    size: i64,
    blocks: i64,
    block_size: i32,
    flags: u32,
    generation: u32,
    /// Access, modification, change, creation.
    times: [Time; 4],
}

impl Metadata {
    pub(super) fn new(stat: sys::stat) -> Self {
        Self {
            mode: stat.st_mode,
            inode: stat.st_ino,
            device: stat.st_dev,
            node_device: stat.st_rdev,
            links: stat.st_nlink,
            user: stat.st_uid,
            group: stat.st_gid,
            size: stat.st_size,
            blocks: stat.st_blocks,
            block_size: stat.st_blksize,
            flags: stat.st_flags,
            generation: stat.st_gen,
            times: [stat.st_atim, stat.st_mtim, stat.st_ctim, stat.st_birthtim].map(Time::new),
        }
    }

    /// File, directory, link or something else.
    pub fn file_type(&self) -> FileType {
        FileType {
            bits: self.mode & sys::S_IFMT as u32,
        }
    }

    /// Returns whether it is a directory.
    pub fn is_dir(&self) -> bool {
        self.file_type().is_dir()
    }

    /// Returns whether it is a regular file.
    pub fn is_file(&self) -> bool {
        self.file_type().is_file()
    }

    /// Returns whether it is a symbolic link; only [`symlink_metadata`] can say so.
    pub fn is_symlink(&self) -> bool {
        self.file_type().is_symlink()
    }

    /// The size in bytes. A damaged image can hold a negative one; it counts as 0.
    #[expect(clippy::len_without_is_empty, reason = "named as in std::fs::Metadata")]
    pub fn len(&self) -> u64 {
        u64::try_from(self.size).unwrap_or(0)
    }

    /// The permissions.
    pub fn permissions(&self) -> Permissions {
        Permissions::from_mode(self.mode)
    }

    /// When the contents changed last.
    ///
    /// # Errors
    ///
    /// `EOVERFLOW` when the file system says a time that the host cannot represent.
    pub fn modified(&self) -> Result<SystemTime, Error> {
        self.time(1)
    }

    /// When the contents were read last.
    ///
    /// # Errors
    ///
    /// As for [`modified`](Self::modified).
    pub fn accessed(&self) -> Result<SystemTime, Error> {
        self.time(0)
    }

    /// When contents or metadata changed last.
    ///
    /// # Errors
    ///
    /// As for [`modified`](Self::modified).
    pub fn changed(&self) -> Result<SystemTime, Error> {
        self.time(2)
    }

    /// When the file was created.
    ///
    /// # Errors
    ///
    /// `EOPNOTSUPP` where the file system does not know, as FFS 1 and ext2; otherwise as for
    /// [`modified`](Self::modified).
    pub fn created(&self) -> Result<SystemTime, Error> {
        match (self.times[3].seconds, self.times[3].nanoseconds) {
            // What the kernel begins with, and what file systems say that have none.
            (0, 0) | (-1, -1) => Err(ErrorKind::Errno(Errno::OPNOTSUPP))
                .during("stat")
                .map_err(|error| error.hint("the file system keeps no time of creation")),
            _ => self.time(3),
        }
    }

    /// Type and permissions, `st_mode`.
    pub fn mode(&self) -> u32 {
        self.mode
    }

    /// The inode number, `st_ino`.
    pub fn ino(&self) -> u64 {
        self.inode
    }

    /// The device that the file lies on, `st_dev`.
    pub fn dev(&self) -> u64 {
        self.device
    }

    /// The device that the file is, `st_rdev`, if it is one.
    pub fn rdev(&self) -> u64 {
        self.node_device
    }

    /// Returns the number of names that the file has, `st_nlink`.
    pub fn nlink(&self) -> u64 {
        self.links.into()
    }

    /// The user that the file belongs to, `st_uid`.
    pub fn uid(&self) -> u32 {
        self.user
    }

    /// The group that the file belongs to, `st_gid`.
    pub fn gid(&self) -> u32 {
        self.group
    }

    /// The size in bytes, `st_size`; [`len`](Self::len) is the same.
    pub fn size(&self) -> u64 {
        self.len()
    }

    /// The time of the last access in seconds since the epoch, `st_atime`.
    pub fn atime(&self) -> i64 {
        self.times[0].seconds
    }

    /// The nanoseconds of the last access.
    pub fn atime_nsec(&self) -> i64 {
        self.times[0].nanoseconds
    }

    /// The time of the last modification in seconds since the epoch, `st_mtime`.
    pub fn mtime(&self) -> i64 {
        self.times[1].seconds
    }

    /// The nanoseconds of the last modification.
    pub fn mtime_nsec(&self) -> i64 {
        self.times[1].nanoseconds
    }

    /// The time of the last change of contents or metadata in seconds since the epoch, `st_ctime`.
    pub fn ctime(&self) -> i64 {
        self.times[2].seconds
    }

    /// The nanoseconds of the last change of contents or metadata.
    pub fn ctime_nsec(&self) -> i64 {
        self.times[2].nanoseconds
    }

    /// Returns the number of blocks of 512 bytes that the file takes, `st_blocks`.
    pub fn blocks(&self) -> u64 {
        u64::try_from(self.blocks).unwrap_or(0)
    }

    /// The size of reads and writes that suits the file system, in bytes, `st_blksize`.
    pub fn blksize(&self) -> u64 {
        u64::try_from(self.block_size).unwrap_or(0)
    }

    /// The flags of chflags(2), `st_flags`.
    pub fn flags(&self) -> Flags {
        Flags::from_bits(self.flags)
    }

    /// The generation of the inode, `st_gen`.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    fn time(&self, which: usize) -> Result<SystemTime, Error> {
        self.times[which].to_host().during("stat")
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metadata")
            .field("file_type", &self.file_type())
            .field("mode", &format_args!("{:#o}", self.mode))
            .field("ino", &self.inode)
            .field("len", &self.size)
            .finish_non_exhaustive()
    }
}

/// The type of a file, like `std::fs::FileType`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct FileType {
    /// `S_IFMT` of stat(2).
    bits: u32,
}

impl FileType {
    /// From the `d_type` of getdents(2): stat(2)'s bits, moved. `None` where it is not told.
    pub(super) fn from_entry(kind: u8) -> Option<Self> {
        (i32::from(kind) != sys::DT_UNKNOWN).then_some(Self {
            bits: u32::from(kind) << 12,
        })
    }

    /// A directory.
    pub fn is_dir(&self) -> bool {
        self.is(sys::S_IFDIR)
    }

    /// A regular file.
    pub fn is_file(&self) -> bool {
        self.is(sys::S_IFREG)
    }

    /// A symbolic link.
    pub fn is_symlink(&self) -> bool {
        self.is(sys::S_IFLNK)
    }

    /// A block device.
    pub fn is_block_device(&self) -> bool {
        self.is(sys::S_IFBLK)
    }

    /// A character device.
    pub fn is_char_device(&self) -> bool {
        self.is(sys::S_IFCHR)
    }

    /// A FIFO.
    pub fn is_fifo(&self) -> bool {
        self.is(sys::S_IFIFO)
    }

    /// A socket.
    pub fn is_socket(&self) -> bool {
        self.is(sys::S_IFSOCK)
    }

    fn is(self, bits: i32) -> bool {
        self.bits == bits as u32
    }
}

impl fmt::Debug for FileType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            kind if kind.is_dir() => "Dir",
            kind if kind.is_file() => "File",
            kind if kind.is_symlink() => "Symlink",
            kind if kind.is_block_device() => "BlockDevice",
            kind if kind.is_char_device() => "CharDevice",
            kind if kind.is_fifo() => "Fifo",
            kind if kind.is_socket() => "Socket",
            kind => return write!(f, "FileType({:#o})", kind.bits),
        };
        f.write_str(name)
    }
}

/// Returns what the file system knows about the file at `path`, following symbolic links, stat(2).
///
/// # Errors
///
/// Those of stat(2).
pub fn metadata(kernel: &Kernel, path: impl AsRef<Path>) -> Result<Metadata, Error> {
    let at = path.as_ref();
    stat(kernel, at).during_at("stat", at)
}

/// Returns what the file system knows about the file or symbolic link at `path`, lstat(2).
///
/// # Errors
///
/// Those of lstat(2).
pub fn symlink_metadata(kernel: &Kernel, path: impl AsRef<Path>) -> Result<Metadata, Error> {
    let at = path.as_ref();
    let name = path::to_kernel(at).during_at("lstat", at)?;
    syscall::tree::lstat(kernel.handle(), &name)
        .map(Metadata::new)
        .during_at("lstat", at)
}

pub(super) fn stat(kernel: &Kernel, at: &Path) -> Result<Metadata, ErrorKind> {
    let name = path::to_kernel(at)?;
    syscall::tree::stat(kernel.handle(), &name).map(Metadata::new)
}
