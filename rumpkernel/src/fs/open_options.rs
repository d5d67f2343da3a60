//! How a file is opened, open(2).

use std::ffi::c_int;
use std::path::Path;

use rumpkernel_sys as sys;

use super::File;
use crate::error::During as _;
use crate::{Errno, Error, ErrorKind, Kernel, path, syscall};

/// Options for opening a file, like `std::fs::OpenOptions`.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    read: bool,
    write: bool,
    append: bool,
    truncate: bool,
    create: bool,
    create_new: bool,
    mode: u32,
    flags: c_int,
}

impl OpenOptions {
    /// Nothing is set: choose at least one of reading, writing and appending.
    pub fn new() -> Self {
        Self {
            read: false,
            write: false,
            append: false,
            truncate: false,
            create: false,
            create_new: false,
            mode: 0o666,
            flags: 0,
        }
    }

    /// Opens for reading.
    pub fn read(&mut self, read: bool) -> &mut Self {
        self.read = read;
        self
    }

    /// Opens for writing.
    pub fn write(&mut self, write: bool) -> &mut Self {
        self.write = write;
        self
    }

    /// Opens for writing at the end, wherever the end is at the time.
    pub fn append(&mut self, append: bool) -> &mut Self {
        self.append = append;
        self
    }

    /// Empties a file that exists.
    pub fn truncate(&mut self, truncate: bool) -> &mut Self {
        self.truncate = truncate;
        self
    }

    /// Creates the file if it does not exist.
    pub fn create(&mut self, create: bool) -> &mut Self {
        self.create = create;
        self
    }

    /// Creates the file, and fails if it exists.
    pub fn create_new(&mut self, create_new: bool) -> &mut Self {
        self.create_new = create_new;
        self
    }

    /// The permissions of a file that is created, less the umask; 0666 by default.
    pub fn mode(&mut self, mode: u32) -> &mut Self {
        self.mode = mode;
        self
    }

    /// Further flags of NetBSD's open(2), such as `rumpkernel_sys::O_NOFOLLOW`; those that choose
    /// between reading and writing are ignored.
    pub fn custom_flags(&mut self, flags: i32) -> &mut Self {
        self.flags = flags;
        self
    }

    /// Opens the file at `path`.
    ///
    /// # Errors
    ///
    /// `EINVAL` for a combination that makes no sense (as in `std`: creating or truncating without
    /// writing, truncating while appending); otherwise those of open(2).
    pub fn open(&self, kernel: &Kernel, path: impl AsRef<Path>) -> Result<File, Error> {
        let at = path.as_ref();
        let name = path::to_kernel(at).during_at("open", at)?;
        let (flags, mode) = self.to_kernel().during_at("open", at)?;
        let descriptor = syscall::tree::open(kernel.handle(), &name, flags, mode);
        Ok(File::new(descriptor.during_at("open", at)?, at))
    }

    /// Flags and mode as open(2) takes them.
    pub(super) fn to_kernel(&self) -> Result<(c_int, u32), ErrorKind> {
        Ok((self.to_flags()?, self.mode & 0o7777))
    }

    fn to_flags(&self) -> Result<c_int, ErrorKind> {
        let writes = self.write || self.append;
        let makes = self.create || self.create_new || self.truncate;
        let makes_no_sense = match (self.read, writes) {
            (false, false) => true,
            (true, false) => makes,
            (_, true) => self.append && self.truncate && !self.create_new,
        };
        if makes_no_sense {
            return Err(ErrorKind::Errno(Errno::INVAL));
        }
        let mut flags = match (self.read, writes) {
            (true, true) => sys::O_RDWR,
            (false, _) => sys::O_WRONLY,
            (true, false) => sys::O_RDONLY,
        };
        for (wanted, flag) in [
            (self.append, sys::O_APPEND),
            (self.truncate && !self.create_new, sys::O_TRUNC),
            (self.create || self.create_new, sys::O_CREAT),
            (self.create_new, sys::O_EXCL),
        ] {
            if wanted {
                flags |= flag;
            }
        }
        Ok(flags | (self.flags & !sys::O_ACCMODE))
    }
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_std_refuses_is_refused() {
        // One row per combination: read, write, append, truncate, create, create_new. std is the
        // judge, on a path where each sensible combination works.
        let folder = tempfile::tempdir().unwrap();
        for bits in 0..64_u32 {
            let bit = |n: u32| bits & (1 << n) != 0;
            let path = folder.path().join(bits.to_string());
            if !bit(5) {
                std::fs::write(&path, "").unwrap();
            }
            let hosts = std::fs::OpenOptions::new()
                .read(bit(0))
                .write(bit(1))
                .append(bit(2))
                .truncate(bit(3))
                .create(bit(4))
                .create_new(bit(5))
                .open(&path);
            let mut ours = OpenOptions::new();
            ours.read(bit(0)).write(bit(1)).append(bit(2));
            ours.truncate(bit(3)).create(bit(4)).create_new(bit(5));
            let refused =
                hosts.is_err_and(|error| error.kind() == std::io::ErrorKind::InvalidInput);
            assert_eq!(ours.to_flags().is_err(), refused, "{ours:?}");
        }
    }
}
