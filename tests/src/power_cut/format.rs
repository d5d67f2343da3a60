//! The file systems, and what each of them promises.

use std::path::Path;
use std::process::Command;
use std::str::FromStr;

use rumpkernel::disk::{Access, Disk, HostDisk};
use rumpkernel::mount::{Ext2, Ffs, FileSystem, Lfs, Mount, MountOptions, Msdos};
use rumpkernel::{Error, Kernel, fs};
use rumpkernel_examples::{FFS2_LE, lfs};

use super::work::Promise;

/// Where the file system is mounted.
pub(crate) const AT: &str = "/disk";

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

    fn on(self, disk: impl Disk + 'static) -> Box<dyn FileSystem> {
        match self {
            Self::Ffs | Self::FfsLog => Box::new(Ffs::on(disk)),
            Self::Ext2 => Box::new(Ext2::on(disk)),
            Self::Fat => Box::new(Msdos::on(disk)),
            Self::Lfs => Box::new(Lfs::on(disk)),
        }
    }

    pub(crate) fn mount(
        self,
        kernel: &Kernel,
        image: &Path,
        read_only: bool,
    ) -> Result<Mount, String> {
        let access = match read_only {
            true => Access::ReadOnly,
            false => Access::ReadWrite,
        };
        let disk = HostDisk::open(image, access).map_err(|error| error.to_string())?;
        self.mount_disk(kernel, disk)
    }

    /// Mounts the file system on a disk: for reading only if the disk says so.
    pub(crate) fn mount_disk(
        self,
        kernel: &Kernel,
        disk: impl Disk + 'static,
    ) -> Result<Mount, String> {
        if !fs::exists(kernel, AT).map_err(|error| error.to_string())? {
            fs::create_dir(kernel, AT).map_err(|error| error.to_string())?;
        }
        let mut options = MountOptions::new();
        if self == Self::FfsLog {
            options = options.log();
        }
        kernel
            .mount_with(self.on(disk), AT, options)
            .map_err(|error| error.to_string())
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
        let mount = self.mount(kernel, image, self == Self::Ffs)?;
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
        mount.unmount().map_err(|failed| failed.to_string())
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
