//! The file systems, and what each of them promises.

use std::ffi::{CStr, CString, c_int};
use std::path::Path;
use std::process::Command;
use std::str::FromStr;

use rumpkernel::mount::{Ffs, Mount, MountOptions};
use rumpkernel::{Error, Kernel, fs};
use rumpkernel_examples::{FFS2_LE, lfs};
use rumpkernel_sys as sys;
use rumpuser_posix::{Access, AttachedDisk, HostDisk};

use super::work::Promise;

/// Where the file system is mounted.
pub(crate) const AT: &str = "/disk";
const POINT: &CStr = c"/disk";

/// A writable file system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// FFS without a log: has to be checked after a loss of power.
    Ffs,
    /// FFS with a log: consistent after it was mounted.
    FfsLog,
    /// ext2, which `e2fsck` checks.
    Ext2,
    /// FAT, which `fsck.fat` checks.
    Fat,
    /// LFS: consistent after it was mounted, which rolls its log forward.
    Lfs,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let mut all = Self::ALL.into_iter();
        all.find(|format| format.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("{name:?} is none of the formats {names}")
        })
    }
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Ffs, Self::FfsLog, Self::Ext2, Self::Fat, Self::Lfs];

    /// Its name in messages and commands.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ffs => "ffs",
            Self::FfsLog => "ffs-log",
            Self::Ext2 => "ext2",
            Self::Fat => "fat",
            Self::Lfs => "lfs",
        }
    }

    /// The tools without which it can be neither made nor checked.
    #[must_use]
    pub fn tools(self) -> &'static [&'static str] {
        match self {
            Self::Ffs | Self::FfsLog | Self::Lfs => &[],
            Self::Ext2 => &["mke2fs", "e2fsck"],
            Self::Fat => &["mkfs.fat", "fsck.fat"],
        }
    }

    pub(crate) fn make(self, image: &Path) -> Result<(), String> {
        let said = |written: std::io::Result<()>| written.map_err(|error| error.to_string());
        match self {
            Self::Ffs | Self::FfsLog => said(FFS2_LE.unpack(image)),
            Self::Lfs => said(std::fs::write(image, lfs())),
            Self::Ext2 => {
                let mut make = Command::new("mke2fs");
                make.args(["-q", "-t", "ext2", "-b", "4096", "-I", "128"]);
                run(make.arg(image).arg("6m"), 0)
            }
            Self::Fat => {
                let mut make = Command::new("mkfs.fat");
                make.args(["-C", "-F", "16", "-s", "1"]);
                run(make.arg(image).arg("6144"), 0)
            }
        }
    }

    pub(crate) fn mount(
        self,
        kernel: &Kernel,
        image: &Path,
        read_only: bool,
    ) -> Result<Mounted, String> {
        if !fs::exists(kernel, AT).map_err(|error| error.to_string())? {
            fs::create_dir(kernel, AT).map_err(|error| error.to_string())?;
        }
        let options = match self {
            Self::FfsLog => Some(MountOptions::new().log()),
            Self::Ffs if read_only => Some(MountOptions::new().read_only()),
            Self::Ffs => Some(MountOptions::new()),
            Self::Ext2 | Self::Fat | Self::Lfs => None,
        };
        match options {
            Some(options) => kernel
                .mount_with(Ffs::image(image), AT, options)
                .map(Mounted::Ffs)
                .map_err(|error| error.to_string()),
            None => Other::mount(self, kernel, image).map(Mounted::Other),
        }
    }

    /// Repairs the file system if it has to be, mounts it, and looks whether everything is there.
    pub(crate) fn look(
        self,
        kernel: &Kernel,
        image: &Path,
        promises: &[&Promise],
    ) -> Result<(), String> {
        match self {
            Self::Ffs | Self::FfsLog | Self::Lfs => {}
            // Both say 1 when they have repaired something.
            Self::Ext2 => run(Command::new("e2fsck").args(["-f", "-y"]).arg(image), 1)?,
            Self::Fat => run(Command::new("fsck.fat").args(["-a"]).arg(image), 1)?,
        }
        let mounted = self.mount(kernel, image, self == Self::Ffs)?;
        for promise in promises {
            let path = &promise.path;
            let bytes = fs::read(kernel, path).map_err(|error| error.to_string())?;
            if bytes != promise.contents.bytes() {
                return Err(format!(
                    "{path} holds something else: {} bytes",
                    bytes.len()
                ));
            }
        }
        if let Self::FfsLog | Self::Lfs = self {
            self.use_up(kernel)?;
        }
        mounted.unmount(kernel)
    }

    /// Reads all of a file system that is to be consistent, writes to it, and removes all that is
    /// in it. With assertions the kernel panics when it frees what is free.
    fn use_up(self, kernel: &Kernel) -> Result<(), String> {
        let say = |error: Error| format!("it is not consistent: {error}");
        walk(kernel, Path::new(AT)).map_err(say)?;
        fs::create_dir(kernel, format!("{AT}/after")).map_err(say)?;
        for number in 0..4 {
            fs::write(kernel, format!("{AT}/after/{number}"), [3; 20_000]).map_err(say)?;
        }
        for entry in fs::read_dir(kernel, AT).map_err(say)? {
            let path = entry.map_err(say)?.path();
            let metadata = fs::symlink_metadata(kernel, &path).map_err(say)?;
            match metadata.is_dir() {
                true => fs::remove_dir_all(kernel, &path).map_err(say)?,
                false => fs::remove_file(kernel, &path).map_err(say)?,
            }
        }
        kernel.sync().map_err(say)
    }
}

fn walk(kernel: &Kernel, folder: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(kernel, folder)? {
        let path = entry?.path();
        let metadata = fs::symlink_metadata(kernel, &path)?;
        if metadata.is_dir() {
            walk(kernel, &path)?;
        } else if !metadata.is_symlink() {
            fs::read(kernel, &path)?;
        }
    }
    Ok(())
}

/// Runs a tool, which may say a number up to `most`.
fn run(command: &mut Command, most: i32) -> Result<(), String> {
    let output = command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    match output.status.code() {
        Some(code) if code <= most => Ok(()),
        _ => Err(format!(
            "{command:?}: {}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stdout)
        )),
    }
}

/// A mounted file system.
#[derive(Debug)]
pub(crate) enum Mounted {
    Ffs(Mount),
    Other(Other),
}

impl Mounted {
    pub(crate) fn unmount(self, kernel: &Kernel) -> Result<(), String> {
        match self {
            Self::Ffs(mount) => mount.unmount().map_err(|failed| failed.to_string()),
            Self::Other(other) => other.unmount(kernel).map_err(|error| error.to_string()),
        }
    }
}

/// One that the safe API does not mount.
#[derive(Debug)]
pub(crate) struct Other {
    disk: AttachedDisk,
}

/// The device of an image.
const NODE: &CStr = c"/dev/cut";

impl Other {
    fn mount(format: Format, kernel: &Kernel, image: &Path) -> Result<Self, String> {
        let disk = HostDisk::open(image, Access::ReadWrite).map_err(|error| error.to_string())?;
        let disk = kernel
            .attach_disk(disk)
            .map_err(|error| error.to_string())?;
        let (node, host, size) = (NODE.as_ptr(), CString::from(disk.host_path()), disk.size());
        let host = host.as_ptr();
        // SAFETY: the strings live as long as the call.
        let registered = unsafe {
            kernel
                .enter(move |k| (k.etfs_register_withsize)(node, host, sys::RUMP_ETFS_BLK, 0, size))
        };
        match registered {
            Ok(0) => {}
            other => return Err(format!("no device: {other:?}")),
        }
        let fspec = NODE.as_ptr().cast_mut();
        let mounted = match format {
            Format::Fat => {
                let mut arguments = sys::msdosfs_args {
                    fspec,
                    version: sys::MSDOSFSMNT_VERSION,
                    mask: 0o755,
                    dirmask: 0o755,
                    flags: sys::MSDOSFSMNT_LONGNAME,
                    ..sys::msdosfs_args::default()
                };
                call(kernel, c"msdos", &mut arguments)
            }
            Format::Lfs => call(kernel, c"lfs", &mut sys::ufs_args { fspec }),
            _ => call(kernel, c"ext2fs", &mut sys::ufs_args { fspec }),
        };
        match mounted {
            Ok(()) => Ok(Self { disk }),
            Err(error) => {
                remove_node(kernel);
                Err(error.to_string())
            }
        }
    }

    fn unmount(self, kernel: &Kernel) -> Result<(), Error> {
        let at = POINT.as_ptr();
        // SAFETY: the string lives as long as the program.
        unsafe { kernel.syscall(move |k| (k.sys_unmount)(at, 0)) }?;
        remove_node(kernel);
        drop(self.disk);
        Ok(())
    }
}

/// Calls mount(2) with the argument structure of the file system, whose pointers are valid or null.
fn call<T>(kernel: &Kernel, name: &CStr, arguments: &mut T) -> Result<(), Error> {
    let (name, at, flags): (_, _, c_int) = (name.as_ptr(), POINT.as_ptr(), 0);
    let (arguments, size) = ((&raw mut *arguments).cast(), size_of::<T>());
    // SAFETY: the strings and the structure live as long as the call.
    unsafe { kernel.syscall(move |k| (k.sys_mount)(name, at, flags, arguments, size)) }.map(drop)
}

fn remove_node(kernel: &Kernel) {
    let node = NODE.as_ptr();
    // SAFETY: the string lives as long as the program.
    let _code = unsafe { kernel.enter(move |k| (k.etfs_remove)(node)) };
}
