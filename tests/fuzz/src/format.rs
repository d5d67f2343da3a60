//! The formats of file systems that the kernel reads, and mount(2) for each.

use std::ffi::{CStr, CString, c_int, c_void};
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rumpkernel::{Errno, Error, Kernel};
use rumpkernel_sys as sys;

/// A format of file systems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// ISO 9660.
    Cd9660,
    /// SGI's EFS.
    Efs,
    /// The second extended file system.
    Ext2,
    /// FAT with entries of 12 bits.
    Fat12,
    /// FAT with entries of 16 bits.
    Fat16,
    /// FAT with entries of 32 bits.
    Fat32,
    /// FFS 1, little-endian.
    Ffs1Le,
    /// FFS 1, big-endian.
    Ffs1Be,
    /// FFS 2, little-endian.
    Ffs2Le,
    /// FFS 2, big-endian.
    Ffs2Be,
    /// HFS+.
    Hfs,
    /// The log-structured file system.
    Lfs,
    /// NILFS 2.
    Nilfs,
    /// NTFS.
    Ntfs,
    /// System V's boot file system.
    Sysvbfs,
    /// UDF.
    Udf,
    /// The file system of the seventh edition of Unix.
    V7fs,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 17] = [
        Self::Cd9660,
        Self::Efs,
        Self::Ext2,
        Self::Fat12,
        Self::Fat16,
        Self::Fat32,
        Self::Ffs1Le,
        Self::Ffs1Be,
        Self::Ffs2Le,
        Self::Ffs2Be,
        Self::Hfs,
        Self::Lfs,
        Self::Nilfs,
        Self::Ntfs,
        Self::Sysvbfs,
        Self::Udf,
        Self::V7fs,
    ];

    /// The name on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cd9660 => "cd9660",
            Self::Efs => "efs",
            Self::Ext2 => "ext2",
            Self::Fat12 => "fat12",
            Self::Fat16 => "fat16",
            Self::Fat32 => "fat32",
            Self::Ffs1Le => "ffs1-le",
            Self::Ffs1Be => "ffs1-be",
            Self::Ffs2Le => "ffs2-le",
            Self::Ffs2Be => "ffs2-be",
            Self::Hfs => "hfs",
            Self::Lfs => "lfs",
            Self::Nilfs => "nilfs",
            Self::Ntfs => "ntfs",
            Self::Sysvbfs => "sysvbfs",
            Self::Udf => "udf",
            Self::V7fs => "v7fs",
        }
    }

    /// Whether the driver writes it. NTFS it can overwrite, but not extend.
    #[must_use]
    pub fn is_writable(self) -> bool {
        !matches!(
            self,
            Self::Cd9660 | Self::Efs | Self::Hfs | Self::Nilfs | Self::Ntfs
        )
    }

    /// Whether numbers begin with the most significant byte.
    #[must_use]
    pub fn is_big_endian(self) -> bool {
        matches!(self, Self::Efs | Self::Ffs1Be | Self::Ffs2Be | Self::Hfs)
    }

    /// Gives an image to the kernel as the block device `device`, and mounts it at `path`.
    ///
    /// # Errors
    ///
    /// Those of mount(2), and the kernel's death.
    pub fn mount(
        self,
        kernel: &Kernel,
        image: &Path,
        device: &CStr,
        path: &CStr,
        access: Access,
    ) -> Result<(), Error> {
        let host = CString::new(image.as_os_str().as_bytes()).expect("a path has no NUL");
        let (key, host) = (device.as_ptr(), host.as_ptr());
        // SAFETY: both strings live for the call, and the kernel copies them.
        let refused =
            unsafe { kernel.enter(move |k| (k.etfs_register)(key, host, sys::RUMP_ETFS_BLK)) }?;
        assert_eq!(refused, 0, "{} as a block device", image.display());
        self.mount_device(kernel, device, path, access)
    }

    /// Mounts a block device that the kernel has.
    ///
    /// # Errors
    ///
    /// Those of mount(2), and the kernel's death.
    pub fn mount_device(
        self,
        kernel: &Kernel,
        device: &CStr,
        path: &CStr,
        access: Access,
    ) -> Result<(), Error> {
        let fspec = device.as_ptr().cast_mut();
        let ufs = sys::ufs_args { fspec };
        let call = Call {
            kernel,
            path,
            flags: match access {
                Access::Read => sys::MNT_RDONLY,
                Access::Write => 0,
            },
        };
        match self {
            Self::Cd9660 => call.with(c"cd9660", |a: &mut sys::iso_args| a.fspec = fspec),
            Self::Efs => call.with(c"efs", |a: &mut sys::efs_args| a.fspec = fspec),
            Self::Ext2 => call.with(c"ext2fs", |a| *a = ufs),
            Self::Fat12 | Self::Fat16 | Self::Fat32 => {
                call.with(c"msdos", |a: &mut sys::msdosfs_args| {
                    a.fspec = fspec;
                    (a.mask, a.dirmask, a.version) = (0o777, 0o777, 3);
                    // Long names, in UTF-8.
                    a.flags = 2 | 32;
                })
            }
            Self::Ffs1Le | Self::Ffs1Be | Self::Ffs2Le | Self::Ffs2Be => {
                call.with(c"ffs", |a| *a = ufs)
            }
            Self::Hfs => call.with(c"hfs", |a: &mut sys::hfs_args| a.fspec = fspec),
            Self::Lfs => call.with(c"lfs", |a| *a = ufs),
            Self::Nilfs => call.with(c"nilfs", |a: &mut sys::nilfs_args| {
                (a.fspec, a.version) = (fspec, 1);
            }),
            Self::Ntfs => call.with(c"ntfs", |a: &mut sys::ntfs_args| {
                (a.fspec, a.mode) = (fspec, 0o777);
            }),
            Self::Sysvbfs => call.with(c"sysvbfs", |a: &mut sys::sysvbfs_args| a.fspec = fspec),
            Self::Udf => call.with(c"udf", |a: &mut sys::udf_args| {
                (a.fspec, a.version, a.sector_size) = (fspec, 1, 512);
            }),
            Self::V7fs => call.with(c"v7fs", |a: &mut sys::v7fs_args| {
                (a.fspec, a.endian) = (fspec, 1234);
            }),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl std::str::FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == name)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::name).join(", ");
                format!("{name:?} is none of the formats {names}")
            })
    }
}

/// What a mounted file system is to be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reading only.
    Read,
    /// Reading and writing.
    Write,
}

struct Call<'a> {
    kernel: &'a Kernel,
    path: &'a CStr,
    flags: c_int,
}

impl Call<'_> {
    /// Mounts with arguments of zeros that `fill` has completed. `T` is the structure that the
    /// file system of this name takes.
    fn with<T: Arguments>(&self, name: &CStr, fill: impl FnOnce(&mut T)) -> Result<(), Error> {
        // SAFETY: by the trait's contract.
        let mut arguments = unsafe { std::mem::zeroed::<T>() };
        fill(&mut arguments);
        let (name, path, flags) = (name.as_ptr(), self.path.as_ptr(), self.flags);
        let start = (&raw mut arguments).cast::<c_void>();
        // SAFETY: the strings and the structure, with the device's name in it, live for the call.
        unsafe {
            self.kernel
                .syscall(move |k| (k.sys_mount)(name, path, flags, start, size_of::<T>()))
        }
        .map(|_| ())
    }
}

/// An argument structure of mount(2).
///
/// # Safety
///
/// All zeros are a value of it.
unsafe trait Arguments {}

macro_rules! arguments {
    ($($name:ident),* $(,)?) => {
        // SAFETY: plain C structures of numbers and pointers.
        $(unsafe impl Arguments for sys::$name {})*
    };
}
arguments!(
    efs_args,
    hfs_args,
    iso_args,
    msdosfs_args,
    nilfs_args,
    ntfs_args,
    sysvbfs_args,
    udf_args,
    ufs_args,
    v7fs_args,
);

/// Unmounts what is mounted at `path`.
///
/// # Errors
///
/// Those of unmount(2), and the kernel's death.
pub fn unmount(kernel: &Kernel, path: &CStr) -> Result<(), Error> {
    let path = path.as_ptr();
    // SAFETY: the string lives for the call.
    unsafe { kernel.syscall(move |k| (k.sys_unmount)(path, 0)) }.map(|_| ())
}

/// Takes a block device of [`Format::mount`] away, so that the image is closed.
///
/// # Errors
///
/// The kernel's death, or `EBUSY` and the like as a number.
pub fn detach(kernel: &Kernel, device: &CStr) -> Result<Option<Errno>, Error> {
    let key = device.as_ptr();
    // SAFETY: the string lives for the call.
    let number = unsafe { kernel.enter(move |k| (k.etfs_remove)(key)) }?;
    Ok((number != 0).then(|| Errno::from_raw(number)))
}
