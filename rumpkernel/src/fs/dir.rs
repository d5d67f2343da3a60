//! Reading directories, getdents(2).

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rumpkernel_sys as sys;

use super::layers::{self, Layers};
use super::{File, FileType, Metadata, OpenOptions, symlink_metadata};
use crate::error::During as _;
use crate::{Errno, Error, ErrorKind, Kernel, path};

/// The size of the buffer for getdents(2), in bytes: as much as the kernel reads at once.
const BUFFER: usize = 16 * 1024;

/// The entries of the directory at `path`, without `.` and `..`, in the file system's order.
///
/// In a union mount each name comes once, from the uppermost layer that has it, and names that a
/// whiteout hides do not come at all.
///
/// # Errors
///
/// `ENOTDIR`, and others of open(2). Errors while reading come from the iterator.
pub fn read_dir(kernel: &Kernel, path: impl AsRef<Path>) -> Result<ReadDir, Error> {
    let at = path.as_ref();
    let directory = OpenOptions::new()
        .read(true)
        .custom_flags(sys::O_DIRECTORY)
        .open(kernel, at)?;
    Ok(ReadDir {
        kernel: kernel.clone(),
        directory,
        path: at.into(),
        base: None,
        buffer: Vec::new(),
        next: 0,
        layers: Layers::Unknown,
        ended: false,
    })
}

/// The iterator of [`read_dir`]. After an error it ends.
pub struct ReadDir {
    kernel: Kernel,
    directory: File,
    path: Arc<Path>,
    /// The directory for what is asked of entries, where it is not asked by path.
    base: Option<Arc<File>>,
    /// The entries that getdents(2) has returned, and how far they have been used.
    buffer: Vec<u8>,
    next: usize,
    layers: Layers,
    ended: bool,
}

/// An entry of a directory, like `std::fs::DirEntry`.
#[derive(Clone)]
pub struct DirEntry {
    kernel: Kernel,
    directory: Arc<Path>,
    /// The directory itself, where the entry is not found by its path.
    base: Option<Arc<File>>,
    name: OsString,
    inode: u64,
    kind: Option<FileType>,
}

impl ReadDir {
    /// Lists `directory`, which nobody else reads; `base` is the same directory.
    pub(super) fn of_open(directory: File, base: Arc<File>) -> Self {
        Self {
            kernel: Kernel::new(Arc::clone(base.descriptor().kernel())),
            directory,
            path: base.path().into(),
            base: Some(base),
            buffer: Vec::new(),
            next: 0,
            layers: Layers::Unknown,
            ended: false,
        }
    }

    fn advance(&mut self) -> Result<Option<DirEntry>, ErrorKind> {
        loop {
            if self.next == self.buffer.len() && !self.read()? {
                return Ok(None);
            }
            let record = Record::parse(&self.buffer[self.next..])?;
            self.next += record.length;
            let is_hidden = self.layers.hide(record.name);
            if record.is_listed() && !is_hidden {
                return Ok(Some(DirEntry {
                    kernel: self.kernel.clone(),
                    directory: Arc::clone(&self.path),
                    base: self.base.clone(),
                    name: record.name.to_owned(),
                    inode: record.inode,
                    kind: FileType::from_entry(record.kind),
                }));
            }
        }
    }
}

impl ReadDir {
    /// Reads on, behind what the first read has returned until it is known whether there are
    /// layers. Returns whether there was more.
    fn read(&mut self) -> Result<bool, ErrorKind> {
        let kept = match self.layers {
            Layers::Unknown => self.buffer.len(),
            Layers::One | Layers::Several(_) => 0,
        };
        self.buffer.resize(kept + BUFFER, 0);
        let count = self
            .directory
            .descriptor()
            .getdents(&mut self.buffer[kept..])?;
        self.buffer.truncate(kept + count);
        self.next = kept;
        if kept > 0 && count > 0 {
            let names = Record::all(&self.buffer[..kept]).map(|record| record.name);
            let statvfs = match &self.base {
                Some(base) => base.descriptor().fstatvfs(),
                None => layers::statvfs(&self.kernel, &self.path),
            };
            self.layers = Layers::find(statvfs.as_deref().ok(), names);
        }
        Ok(count > 0)
    }
}

impl Iterator for ReadDir {
    type Item = Result<DirEntry, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let entry = self
            .advance()
            .during_at("getdents", &*self.path)
            .transpose();
        self.ended = !matches!(entry, Some(Ok(_)));
        entry
    }
}

impl fmt::Debug for ReadDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReadDir").field(&self.path).finish()
    }
}

impl DirEntry {
    /// The path that was given to [`read_dir`], with the name.
    pub fn path(&self) -> PathBuf {
        self.directory.join(&self.name)
    }

    /// The name without the path.
    pub fn file_name(&self) -> OsString {
        self.name.clone()
    }

    /// The inode number, as the directory says it.
    pub fn ino(&self) -> u64 {
        self.inode
    }

    /// The type of what has this name, links not followed.
    ///
    /// # Errors
    ///
    /// Those of lstat(2), where the directory does not tell the type.
    pub fn file_type(&self) -> Result<FileType, Error> {
        match self.kind {
            Some(kind) => Ok(kind),
            None => self.metadata().map(|metadata| metadata.file_type()),
        }
    }

    /// Returns what the file system knows about the entry; links are not followed.
    ///
    /// # Errors
    ///
    /// Those of lstat(2).
    pub fn metadata(&self) -> Result<Metadata, Error> {
        let Some(base) = &self.base else {
            return symlink_metadata(&self.kernel, self.path());
        };
        path::to_kernel(Path::new(&self.name))
            .and_then(|name| {
                let flags = sys::AT_SYMLINK_NOFOLLOW;
                base.descriptor().fstatat(&name, flags)
            })
            .map(Metadata::new)
            .during_at("fstatat", &*self.path())
    }
}

impl fmt::Debug for DirEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DirEntry").field(&self.path()).finish()
    }
}

/// One `struct dirent` in the kernel's answer.
struct Record<'a> {
    inode: u64,
    length: usize,
    kind: u8,
    name: &'a OsStr,
}

impl<'a> Record<'a> {
    /// The first record in `bytes`. File systems pass on what a damaged image says, so nothing
    /// about it is taken for granted.
    fn parse(bytes: &'a [u8]) -> Result<Self, ErrorKind> {
        Self::try_parse(bytes).ok_or(ErrorKind::Errno(Errno::IO))
    }

    /// The records in `bytes`, up to one that is none.
    fn all(mut bytes: &'a [u8]) -> impl Iterator<Item = Self> {
        std::iter::from_fn(move || {
            let record = Self::try_parse(bytes)?;
            bytes = &bytes[record.length..];
            Some(record)
        })
    }

    fn try_parse(bytes: &'a [u8]) -> Option<Self> {
        const INODE: usize = std::mem::offset_of!(sys::dirent, d_fileno);
        const LENGTH: usize = std::mem::offset_of!(sys::dirent, d_reclen);
        const NAME_LENGTH: usize = std::mem::offset_of!(sys::dirent, d_namlen);
        const KIND: usize = std::mem::offset_of!(sys::dirent, d_type);
        const NAME: usize = std::mem::offset_of!(sys::dirent, d_name);

        let inode = u64::from_ne_bytes(*bytes.get(INODE..)?.first_chunk()?);
        let length = u16::from_ne_bytes(*bytes.get(LENGTH..)?.first_chunk()?).into();
        let name_length: usize =
            u16::from_ne_bytes(*bytes.get(NAME_LENGTH..)?.first_chunk()?).into();
        let record = bytes.get(..length)?;
        let name = record.get(NAME..NAME.checked_add(name_length)?)?;
        Some(Self {
            inode,
            length,
            kind: *record.get(KIND)?,
            name: OsStr::from_bytes(name),
        })
    }

    /// Returns whether it is an entry for users: not free, not a whiteout, not one of the two
    /// dots, and with a name that can be one.
    fn is_listed(&self) -> bool {
        let name = self.name.as_bytes();
        self.inode != 0
            && i32::from(self.kind) != sys::DT_WHT
            && !matches!(name, b"" | b"." | b"..")
            && !name.iter().any(|byte| matches!(byte, 0 | b'/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(inode: u64, length: u16, name_length: u16, kind: u8, name: &[u8]) -> Vec<u8> {
        let mut bytes = inode.to_ne_bytes().to_vec();
        bytes.extend(length.to_ne_bytes());
        bytes.extend(name_length.to_ne_bytes());
        bytes.push(kind);
        bytes.extend(name);
        bytes
    }

    #[test]
    fn a_record_is_read_as_the_c_structure_has_it() {
        let bytes = record(7, 24, 5, 8, b"hello\0\0\0\0\0\0");
        let entry = Record::parse(&bytes).unwrap();
        assert_eq!((entry.inode, entry.length, entry.kind), (7, 24, 8));
        assert_eq!(entry.name, "hello");
        assert!(entry.is_listed());
    }

    #[test]
    fn damaged_records_are_errors_and_never_endless() {
        for (length, name_length) in [(0, 0), (12, 5), (24, 600), (500, 5), (u16::MAX, u16::MAX)] {
            let bytes = record(7, length, name_length, 8, b"hello\0\0\0\0\0\0");
            assert!(Record::parse(&bytes).is_err(), "{length} {name_length}");
        }
        for cut in 0..24 {
            let bytes = record(7, 24, 5, 8, b"hello\0\0\0\0\0\0");
            assert!(Record::parse(&bytes[..cut]).is_err(), "{cut}");
        }
    }

    #[test]
    fn names_that_are_no_names_are_not_listed() {
        for name in [&b"."[..], b"..", b"", b"a/b", b"a\0b"] {
            let mut padded = name.to_vec();
            padded.resize(11, 0);
            let bytes = record(7, 24, name.len() as u16, 8, &padded);
            assert!(!Record::parse(&bytes).unwrap().is_listed(), "{name:?}");
        }
    }
}
