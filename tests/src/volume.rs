//! File systems that the safe API does not mount yet, mounted by mount(2).

use std::ffi::{CStr, CString, c_int, c_void};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rumpkernel::{Error, Kernel};
use rumpkernel_sys as sys;

/// The kinds of file systems, by the argument structures that mount(2) takes for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// FFS, and all that take the same structure: a device and nothing else.
    Ufs(&'static CStr),
    /// FAT.
    Msdos,
    /// UDF.
    Udf,
    /// tmpfs, which has no device.
    Tmpfs,
    /// That of the seventh edition of Unix, little-endian.
    V7fs,
    /// The boot file system of System V.
    Sysvbfs,
}

impl Kind {
    fn name(self) -> &'static CStr {
        match self {
            Self::Ufs(name) => name,
            Self::Msdos => c"msdos",
            Self::Udf => c"udf",
            Self::Tmpfs => c"tmpfs",
            Self::V7fs => c"v7fs",
            Self::Sysvbfs => c"sysvbfs",
        }
    }
}

/// `_LITTLE_ENDIAN` of NetBSD's <sys/endian.h>.
const LITTLE_ENDIAN: c_int = 1234;

/// The device node of an image.
const NODE: &CStr = c"/dev/volume";

/// An image of the host's that is mounted in a kernel, one at a time.
#[derive(Debug)]
pub struct Volume<'a> {
    kernel: &'a Kernel,
    at: CString,
}

impl<'a> Volume<'a> {
    /// Mounts an image, with flags of mount(2).
    ///
    /// # Errors
    ///
    /// What the kernel says to the device or to mount(2).
    pub fn mount(
        kernel: &'a Kernel,
        kind: Kind,
        image: &Path,
        at: &str,
        flags: c_int,
    ) -> Result<Self, String> {
        let host = CString::new(image.as_os_str().as_bytes()).map_err(|error| error.to_string())?;
        let at = CString::new(at).map_err(|error| error.to_string())?;
        let (node, host) = (NODE.as_ptr(), host.as_ptr());
        // SAFETY: the strings live as long as the call.
        let code = unsafe {
            kernel.enter(move |k| {
                (k.etfs_register_withsize)(node, host, sys::RUMP_ETFS_BLK, 0, u64::MAX)
            })
        };
        match code.map_err(|error| error.to_string())? {
            0 => {}
            code => {
                return Err(format!(
                    "{} is not registered: error {code}",
                    image.display()
                ));
            }
        }
        let volume = Self { kernel, at };
        match volume.call(kind, flags) {
            Ok(()) => Ok(volume),
            Err(error) => {
                volume.remove_node();
                Err(format!("mounting {}: {error}", image.display()))
            }
        }
    }

    fn call(&self, kind: Kind, flags: c_int) -> Result<(), Error> {
        let fspec = NODE.as_ptr().cast_mut();
        match kind {
            Kind::Ufs(_) => self.call_with(kind, flags, &mut sys::ufs_args { fspec }),
            Kind::Msdos => {
                // SAFETY: all zeros are null pointers and numbers.
                let zeros: sys::msdosfs_args = unsafe { std::mem::zeroed() };
                let mut arguments = sys::msdosfs_args {
                    fspec,
                    mask: 0o755,
                    dirmask: 0o755,
                    version: sys::MSDOSFSMNT_VERSION,
                    flags: sys::MSDOSFSMNT_LONGNAME | sys::MSDOSFSMNT_UTF8,
                    ..zeros
                };
                self.call_with(kind, flags, &mut arguments)
            }
            Kind::Udf => {
                // SAFETY: all zeros are null pointers and numbers.
                let zeros: sys::udf_args = unsafe { std::mem::zeroed() };
                let mut arguments = sys::udf_args {
                    fspec,
                    version: 1,
                    ..zeros
                };
                self.call_with(kind, flags, &mut arguments)
            }
            Kind::Tmpfs => {
                // SAFETY: all zeros are numbers.
                let zeros: sys::tmpfs_args = unsafe { std::mem::zeroed() };
                let mut arguments = sys::tmpfs_args {
                    ta_version: sys::TMPFS_ARGS_VERSION,
                    ta_root_mode: 0o755,
                    ..zeros
                };
                self.call_with(kind, flags, &mut arguments)
            }
            Kind::V7fs => {
                let mut arguments = sys::v7fs_args {
                    fspec,
                    endian: LITTLE_ENDIAN,
                };
                self.call_with(kind, flags, &mut arguments)
            }
            Kind::Sysvbfs => self.call_with(kind, flags, &mut sys::sysvbfs_args { fspec }),
        }
    }

    /// Calls mount(2) with the argument structure of the kind, whose pointers are valid or null.
    fn call_with<T>(&self, kind: Kind, flags: c_int, arguments: &mut T) -> Result<(), Error> {
        let (name, at) = (kind.name().as_ptr(), self.at.as_ptr());
        let (arguments, size) = ((&raw mut *arguments).cast::<c_void>(), size_of::<T>());
        // SAFETY: the strings and the structure live as long as the call.
        unsafe {
            self.kernel
                .syscall(move |k| (k.sys_mount)(name, at, flags, arguments, size))
        }
        .map(|_| ())
    }

    /// Unmounts it.
    ///
    /// # Errors
    ///
    /// Those of unmount(2).
    pub fn unmount(self) -> Result<(), Error> {
        let at = self.at.as_ptr();
        // SAFETY: the string lives as long as the call.
        unsafe { self.kernel.syscall(move |k| (k.sys_unmount)(at, 0)) }?;
        self.remove_node();
        Ok(())
    }

    fn remove_node(&self) {
        let node = NODE.as_ptr();
        // SAFETY: the string lives as long as the program.
        let _code = unsafe { self.kernel.enter(move |k| (k.etfs_remove)(node)) };
    }
}
