//! How full a file system is, statvfs(2).

use std::ffi::CStr;
use std::path::Path;

use rumpkernel_sys as sys;

use crate::error::During as _;
use crate::{Error, Kernel, path, syscall};

/// The size, usage and type of a file system.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Usage {
    /// The type of the file system, such as `ffs`.
    pub file_system: String,
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
    /// The size of a block in bytes.
    pub block_size: u64,
    /// The longest name in a directory, in bytes.
    pub longest_name: u64,
    /// True for a file system that is mounted read-only.
    pub read_only: bool,
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
    let [fragment, block_size, longest_name] =
        [statvfs.f_frsize, statvfs.f_bsize, statvfs.f_namemax].map(u64::from);
    let bytes = |blocks: u64| blocks.saturating_mul(fragment);
    let name = statvfs.f_fstypename.map(|byte| byte as u8);
    Ok(Usage {
        file_system: CStr::from_bytes_until_nul(&name)
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default(),
        total: bytes(statvfs.f_blocks),
        free: bytes(statvfs.f_bfree),
        available: bytes(statvfs.f_bavail),
        files: statvfs.f_files,
        files_free: statvfs.f_ffree,
        block_size,
        longest_name,
        read_only: statvfs.f_flag & rumpkernel_sys::MNT_RDONLY as std::ffi::c_ulong != 0,
    })
}
