//! Files and devices of the host as disks.

use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::lock::DiskLock;
use super::{Access, Disk, DiskError};

/// A regular file or a disk device of the host's, opened and locked: a writer has it alone, in this
/// process and, by an advisory lock, among others; readers share it.
#[derive(Debug)]
pub struct HostDisk {
    // Given back before the file is closed: if that was its last name, another file can have its
    // number right after.
    lock: DiskLock,
    file: File,
    access: Access,
    size: u64,
    path: PathBuf,
}

impl HostDisk {
    /// Opens and locks a file or device, which must exist. Its size is what it is now.
    ///
    /// # Errors
    ///
    /// [`DiskError`].
    pub fn open(path: impl AsRef<Path>, access: Access) -> Result<Self, DiskError> {
        let path = path.as_ref();
        let file = OpenOptions::new()
            .read(true)
            .write(access == Access::ReadWrite)
            // Opening must not wait (a FIFO's other end) nor do more (a terminal).
            .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
            .open(path)
            .map_err(DiskError::Open)?;
        let metadata = file.metadata().map_err(DiskError::Open)?;
        let size = match metadata.file_type() {
            regular if regular.is_file() => metadata.len(),
            device if device.is_block_device() || device.is_char_device() => {
                device_size(&file).map_err(|_| DiskError::NotADisk)?
            }
            _ => return Err(DiskError::NotADisk),
        };
        Ok(Self {
            lock: DiskLock::take(&file, access)?,
            file,
            access,
            size,
            path: path.to_owned(),
        })
    }

    /// The open file. What is done with it the disk does not know of: it is for formats that keep
    /// a disk in a file, which can grow.
    pub fn file(&self) -> &File {
        &self.file
    }
}

impl Drop for HostDisk {
    fn drop(&mut self) {
        // The host's lock is shared with children that were forked, and would last as long as their
        // copies of the descriptor. They in turn must not take it away.
        if self.lock.is_ours() {
            // What cannot be unlocked was not locked.
            let _ = self.file.unlock();
        }
    }
}

impl Disk for HostDisk {
    fn size(&self) -> u64 {
        self.size
    }

    fn access(&self) -> Access {
        self.access
    }

    fn read(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_exact_at(buffer, offset)
    }

    fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        // The file would grow.
        let end = offset.checked_add(bytes.len() as u64);
        if end.is_none_or(|end| end > self.size) {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!(
                    "{} bytes at {offset} of a disk of {}",
                    bytes.len(),
                    self.size
                ),
            ));
        }
        self.file.write_all_at(bytes, offset)
    }

    fn flush(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn name(&self) -> Cow<'_, str> {
        self.path.to_string_lossy()
    }

    fn host_file(&self) -> Option<(&File, u64)> {
        Some((&self.file, 0))
    }
}

/// Returns the size of a disk device in bytes: where its end is.
pub(crate) fn device_size(mut device: &File) -> io::Result<u64> {
    match device.seek(SeekFrom::End(0))? {
        0 => Err(io::Error::from_raw_os_error(libc::EOPNOTSUPP)),
        size => Ok(size),
    }
}
