//! The file that has an image's bytes and tables.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::super::{Access, Disk, HostDisk};

/// A locked file with an image in it.
#[derive(Debug)]
pub(super) struct Container {
    disk: HostDisk,
}

impl Container {
    pub(super) fn new(disk: HostDisk) -> Self {
        Self { disk }
    }

    pub(super) fn disk(&self) -> &HostDisk {
        &self.disk
    }

    pub(super) fn into_disk(self) -> HostDisk {
        self.disk
    }

    pub(super) fn file(&self) -> &File {
        self.disk.file()
    }

    /// In bytes, when it was opened.
    pub(super) fn length(&self) -> u64 {
        self.disk.size()
    }

    pub(super) fn is_writable(&self) -> bool {
        self.disk.access() == Access::ReadWrite
    }

    pub(super) fn read(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let length = buffer.len();
        self.file().read_exact_at(buffer, offset).map_err(|error| {
            if error.kind() != io::ErrorKind::UnexpectedEof {
                return error;
            }
            let expected = format!("{length} bytes at {offset} of the image");
            invalid(format!("{expected} were expected, and it ends before them"))
        })
    }

    pub(super) fn bytes<const N: usize>(&self, offset: u64) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.read(&mut bytes, offset)?;
        Ok(bytes)
    }

    pub(super) fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file().write_all_at(bytes, offset)
    }

    pub(super) fn flush(&self) -> io::Result<()> {
        self.file().sync_data()
    }
}

/// An image that is not what its format says.
pub(super) fn invalid(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

/// An image that is as its format says, and more than can be read or written here.
pub(super) fn unsupported(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, what.into())
}
