//! From a kernel to the host.

use std::collections::HashMap;
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use rumpkernel_sys as sys;

use super::{Copied, OnHost as _, TreeCopy, data};
use crate::fs::{File, Metadata, OpenOptions, WalkEntry, read_link, walk};
use crate::{Error, Kernel};

struct Copying<'a> {
    options: TreeCopy,
    kernel: &'a Kernel,
    /// Files with several names: where the first copy is.
    linked: HashMap<(u64, u64), PathBuf>,
    copied: Copied,
}

pub(super) fn copy(
    options: TreeCopy,
    kernel: &Kernel,
    from: &Path,
    to: &Path,
) -> Result<Copied, Error> {
    let mut copying = Copying {
        options,
        kernel,
        linked: HashMap::new(),
        copied: Copied::default(),
    };
    // Their attributes are set when they are full: making files changes their times, and they may
    // forbid it.
    let mut directories = Vec::new();
    for entry in walk(kernel, from) {
        let entry = entry?;
        let target = match entry.path().strip_prefix(from) {
            Ok(below) if entry.depth() > 0 => to.join(below),
            _ => to.to_owned(),
        };
        if entry.file_type().is_dir() {
            make_directory(&target, entry.depth())?;
            copying.copied.directories += 1;
            directories.push((target, entry.metadata().clone()));
        } else {
            copying.put(&entry, &target)?;
        }
    }
    for (path, metadata) in directories.iter().rev() {
        let directory = std::fs::File::open(path).on_host("open", path)?;
        copying.dress(&directory, path, metadata)?;
    }
    Ok(copying.copied)
}

/// Makes a directory, or finds one. Below the top a link to one is none: a damaged or malicious
/// file system may list a link and a directory by the same name.
fn make_directory(path: &Path, depth: usize) -> Result<(), Error> {
    let made = match std::fs::DirBuilder::new().create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let found = match depth {
                0 => std::fs::metadata(path),
                _ => std::fs::symlink_metadata(path),
            };
            match found.is_ok_and(|found| found.is_dir()) {
                // An earlier copy of one that may not be written; it gets its mode in the end.
                true => std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)),
                false => Err(error),
            }
        }
        made => made,
    };
    made.on_host("mkdir", path)
}

impl Copying<'_> {
    /// Copies what is no directory.
    fn put(&mut self, entry: &WalkEntry, target: &Path) -> Result<(), Error> {
        let (kind, metadata) = (entry.file_type(), entry.metadata());
        if !kind.is_file() && !kind.is_symlink() {
            self.copied.left_out.push(entry.path().to_owned());
            return Ok(());
        }
        match std::fs::remove_file(target) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).on_host("unlink", target);
            }
            _ => {}
        }
        if kind.is_symlink() {
            let leads_to = match entry.directory() {
                Some(directory) => directory.read_link(entry.file_name()),
                None => read_link(self.kernel, entry.path()),
            }?;
            std::os::unix::fs::symlink(leads_to, target).on_host("symlink", target)?;
            if self.options.has_owners {
                let (user, group) = (Some(metadata.uid()), Some(metadata.gid()));
                std::os::unix::fs::lchown(target, user, group).on_host("lchown", target)?;
            }
            self.copied.symlinks += 1;
            return Ok(());
        }
        let identity = (metadata.dev(), metadata.ino());
        if let Some(first) = self.linked.get(&identity) {
            self.copied.hard_links += 1;
            return std::fs::hard_link(first, target).on_host("link", target);
        }
        if metadata.nlink() > 1 {
            self.linked.insert(identity, target.to_owned());
        }
        self.put_file(entry, target)
    }

    fn put_file(&mut self, entry: &WalkEntry, target: &Path) -> Result<(), Error> {
        let mut options = OpenOptions::new();
        // Whatever may have come to have the name: neither followed nor waited for.
        options
            .read(true)
            .custom_flags(sys::O_NOFOLLOW | sys::O_NONBLOCK);
        let mut source: File = match entry.directory() {
            Some(directory) => directory.open_file_with(entry.file_name(), &options),
            None => options.open(self.kernel, entry.path()),
        }?;
        let metadata = entry.metadata();
        let mut copy = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(target)
            .on_host("open", target)?;
        let has_holes = metadata.blocks().saturating_mul(512) < metadata.len();
        let count = data::copy(&mut source, &mut copy, has_holes).on_host("write", target)?;
        if has_holes {
            copy.set_len(count).on_host("ftruncate", target)?;
        }
        self.copied.files += 1;
        self.copied.bytes += count;
        self.dress(&copy, target, metadata)
    }

    /// Gives a copy the attributes of the original.
    fn dress(&self, copy: &std::fs::File, path: &Path, metadata: &Metadata) -> Result<(), Error> {
        if self.options.has_owners {
            let (user, group) = (Some(metadata.uid()), Some(metadata.gid()));
            std::os::unix::fs::fchown(copy, user, group).on_host("fchown", path)?;
        }
        let mode = self.options.permissions(metadata.mode());
        let permissions = std::fs::Permissions::from_mode(mode);
        copy.set_permissions(permissions).on_host("fchmod", path)?;
        let mut times = std::fs::FileTimes::new();
        if let Ok(time) = metadata.accessed() {
            times = times.set_accessed(time);
        }
        if let Ok(time) = metadata.modified() {
            times = times.set_modified(time);
        }
        copy.set_times(times).on_host("futimens", path)
    }
}
