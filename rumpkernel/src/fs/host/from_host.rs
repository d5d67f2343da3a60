//! From the host into a kernel.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::{Copied, OnHost as _, TreeCopy, data};
use crate::error::During as _;
use crate::fs::{Dir, FileTimes, OpenOptions, Permissions};
use crate::{Errno, Error, ErrorKind, Kernel};

/// A directory that is being copied.
struct Level {
    host: PathBuf,
    metadata: std::fs::Metadata,
    /// Where the copy is, and its name there.
    parent: Dir,
    name: OsString,
    copy: Dir,
    names: Vec<OsString>,
}

struct Copying {
    options: TreeCopy,
    /// The directory that the copy is made in.
    target: Dir,
    /// Files with several names: where the first copy is, below the target.
    linked: HashMap<(u64, u64), PathBuf>,
    copied: Copied,
}

pub(super) fn copy(
    options: TreeCopy,
    kernel: &Kernel,
    from: &Path,
    to: &Path,
) -> Result<Copied, Error> {
    let Some(name) = to.file_name() else {
        return Err(ErrorKind::Errno(Errno::INVAL)).during_at("copy", to);
    };
    let above = to.parent().filter(|path| !path.as_os_str().is_empty());
    let target = Dir::open(kernel, above.unwrap_or(Path::new(".")))?;
    let mut copying = Copying {
        options,
        target: target.clone(),
        linked: HashMap::new(),
        copied: Copied::default(),
    };
    let metadata = std::fs::metadata(from).on_host("stat", from)?;
    let mut levels = Vec::new();
    levels.extend(copying.put(from.to_owned(), metadata, &target, name, Path::new(name))?);
    while let Some(level) = levels.last_mut() {
        if let Some(name) = level.names.pop() {
            let host = level.host.join(&name);
            let metadata = std::fs::symlink_metadata(&host).on_host("lstat", &host)?;
            let below = host.strip_prefix(from).unwrap_or(&host);
            let relative = Path::new(to.file_name().unwrap_or_default()).join(below);
            let parent = level.copy.clone();
            let inner = copying.put(host, metadata, &parent, &name, &relative)?;
            levels.extend(inner);
        } else if let Some(done) = levels.pop() {
            copying.dress(&done.parent, &done.name, &done.metadata)?;
        }
    }
    Ok(copying.copied)
}

impl Copying {
    /// Copies one thing, `relative` to the target. Returns a directory, which is still empty.
    fn put(
        &mut self,
        host: PathBuf,
        metadata: std::fs::Metadata,
        parent: &Dir,
        name: &OsStr,
        relative: &Path,
    ) -> Result<Option<Level>, Error> {
        if metadata.is_dir() {
            return self.enter(host, metadata, parent, name).map(Some);
        }
        if !metadata.is_file() && !metadata.is_symlink() {
            self.copied.left_out.push(host);
            return Ok(None);
        }
        match parent.remove_file(name) {
            Err(error) if error.errno() != Some(Errno::NOENT) => return Err(error),
            _ => {}
        }
        if metadata.is_symlink() {
            let target = std::fs::read_link(&host).on_host("readlink", &host)?;
            parent.symlink(target, name)?;
            self.copied.symlinks += 1;
            return self.dress(parent, name, &metadata).map(|()| None);
        }
        let identity = (metadata.dev(), metadata.ino());
        if let Some(first) = self.linked.get(&identity) {
            self.target.hard_link(first, parent, name)?;
            self.copied.hard_links += 1;
            return Ok(None);
        }
        if metadata.nlink() > 1 {
            self.linked.insert(identity, relative.to_owned());
        }
        let mut source = std::fs::OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
            .open(&host)
            .on_host("open", &host)?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let mut copy = parent.open_file_with(name, &options)?;
        let has_holes = metadata.blocks().saturating_mul(512) < metadata.len();
        let count = data::copy(&mut source, &mut copy, has_holes).on_host("read", &host)?;
        if has_holes {
            copy.set_len(count)?;
        }
        self.copied.files += 1;
        self.copied.bytes += count;
        self.dress(parent, name, &metadata).map(|()| None)
    }

    fn enter(
        &mut self,
        host: PathBuf,
        metadata: std::fs::Metadata,
        parent: &Dir,
        name: &OsStr,
    ) -> Result<Level, Error> {
        match parent.create_dir_with_mode(name, 0o700) {
            Err(error) if error.errno() != Some(Errno::EXIST) => return Err(error),
            _ => {}
        }
        let copy = parent.open_dir(name)?;
        let names = std::fs::read_dir(&host).on_host("readdir", &host)?;
        let names = names.map(|entry| entry.map(|entry| entry.file_name()));
        let names = names.collect::<Result<_, _>>().on_host("readdir", &host)?;
        self.copied.directories += 1;
        Ok(Level {
            host,
            metadata,
            parent: parent.clone(),
            name: name.to_owned(),
            copy,
            names,
        })
    }

    /// Gives a copy the attributes of the original.
    fn dress(&self, parent: &Dir, name: &OsStr, metadata: &std::fs::Metadata) -> Result<(), Error> {
        if self.options.has_owners {
            parent.lchown(name, Some(metadata.uid()), Some(metadata.gid()))?;
        }
        if !metadata.is_symlink() {
            let mode = self.options.permissions(metadata.mode());
            parent.set_permissions(name, Permissions::from_mode(mode))?;
        }
        let mut times = FileTimes::new();
        if let Ok(time) = metadata.accessed() {
            times = times.set_accessed(time);
        }
        if let Ok(time) = metadata.modified() {
            times = times.set_modified(time);
        }
        parent.set_times_nofollow(name, times)
    }
}
