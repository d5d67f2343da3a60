//! How full a file system is, statvfs(2).

use std::ffi::{CStr, OsString, c_char};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use rumpkernel_sys as sys;

use crate::error::During as _;
use crate::{Error, Kernel, path, syscall};

/// The size, usage and type of a file system.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Usage {
    /// The type of the file system, such as `ffs`.
    pub file_system: String,
    /// The thing that is mounted: a device's node, a directory, a name.
    pub source: PathBuf,
    /// The directory that it is mounted on.
    pub mount_point: PathBuf,
    /// The number that all its files have in [`Metadata::dev`](super::Metadata::dev).
    pub device: u64,
    /// The user who mounted it.
    pub owner: u32,
    /// The size in bytes.
    pub total: u64,
    /// Bytes that are free.
    pub free: u64,
    /// Bytes that are free for users other than 0.
    pub available: u64,
    /// The number of files that there can be.
    pub files: u64,
    /// The number of files that there can be besides those that are.
    pub files_free: u64,
    /// The number of files that users other than 0 can make.
    pub files_available: u64,
    /// The size of a block in bytes.
    pub block_size: u64,
    /// The smallest piece that is allocated, in bytes.
    pub fragment_size: u64,
    /// The size of reads and writes that suits the file system, in bytes.
    pub transfer_size: u64,
    /// Reads of the disk since the mount, those that were waited for and others.
    pub reads: u64,
    /// Writes of the disk since the mount, those that were waited for and others.
    pub writes: u64,
    /// The longest name in a directory, in bytes.
    pub longest_name: u64,
    /// True for a file system that is mounted read-only.
    pub read_only: bool,
    /// The flags of mount(2), such as `rumpkernel_sys::MNT_NOATIME`.
    pub flags: u64,
}

/// Returns the usage of the file system that `path` lies on, statvfs(2).
///
/// # Errors
///
/// Those of statvfs(2).
pub fn usage(kernel: &Kernel, path: impl AsRef<Path>) -> Result<Usage, Error> {
    let at = path.as_ref();
    let statvfs = path::to_kernel(at)
        .and_then(|name| syscall::tree::statvfs(kernel.handle(), &name, sys::ST_WAIT))
        .during_at("statvfs", at)?;
    #[allow(
        clippy::useless_conversion,
        reason = "unsigned long has 32 bits on some targets"
    )]
    let [fragment, block_size, transfer, longest_name, flags] = [
        statvfs.f_frsize,
        statvfs.f_bsize,
        statvfs.f_iosize,
        statvfs.f_namemax,
        statvfs.f_flag,
    ]
    .map(u64::from);
    let bytes = |blocks: u64| blocks.saturating_mul(fragment);
    let name = statvfs.f_fstypename.map(|byte| byte as u8);
    Ok(Usage {
        file_system: CStr::from_bytes_until_nul(&name)
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
        source: to_path(&statvfs.f_mntfromname),
        mount_point: to_path(&statvfs.f_mntonname),
        device: u64::from(statvfs.f_fsidx.__fsid_val[0].cast_unsigned()),
        owner: statvfs.f_owner,
        total: bytes(statvfs.f_blocks),
        free: bytes(statvfs.f_bfree),
        available: bytes(statvfs.f_bavail),
        files: statvfs.f_files,
        files_free: statvfs.f_ffree,
        files_available: statvfs.f_favail,
        block_size,
        fragment_size: fragment,
        transfer_size: transfer,
        reads: statvfs.f_syncreads.saturating_add(statvfs.f_asyncreads),
        writes: statvfs.f_syncwrites.saturating_add(statvfs.f_asyncwrites),
        longest_name,
        read_only: statvfs.f_flag & sys::MNT_RDONLY as sys::u_long != 0,
        flags,
    })
}

fn to_path(name: &[c_char]) -> PathBuf {
    let bytes = name.iter().map(|byte| *byte as u8);
    OsString::from_vec(bytes.take_while(|byte| *byte != 0).collect()).into()
}
