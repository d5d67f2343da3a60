//! Reading, writing and seeking in an open file.

use std::io::{self, IoSlice, IoSliceMut, Read, Seek, SeekFrom, Write};
use std::ops::Deref;
use std::sync::Arc;

use rumpkernel_sys as sys;

use super::File;
use crate::Error;
use crate::error::During as _;

impl File {
    /// Reads at `offset` (bytes from the beginning) into several buffers, one after the other,
    /// without moving the position, preadv(2). Takes up to 1024 buffers.
    ///
    /// # Errors
    ///
    /// `EINVAL` for an offset above `i64::MAX`; otherwise those of preadv(2).
    pub fn read_vectored_at(
        &self,
        buffers: &mut [IoSliceMut<'_>],
        offset: u64,
    ) -> Result<usize, Error> {
        let offset = self.offset(offset, "preadv")?;
        self.descriptor()
            .preadv(buffers, offset)
            .during_at("preadv", self.path())
    }

    /// Writes several buffers at `offset` (bytes from the beginning), one after the other, without
    /// moving the position, pwritev(2). Takes up to 1024 buffers.
    ///
    /// # Errors
    ///
    /// `EINVAL` for an offset above `i64::MAX`; otherwise those of pwritev(2).
    pub fn write_vectored_at(&self, buffers: &[IoSlice<'_>], offset: u64) -> Result<usize, Error> {
        let offset = self.offset(offset, "pwritev")?;
        self.descriptor()
            .pwritev(buffers, offset)
            .during_at("pwritev", self.path())
    }

    /// Makes the file one that threads share: [`SharedFile`].
    pub fn into_shared(self) -> SharedFile {
        SharedFile(Arc::new(self))
    }
}

impl Read for &File {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.descriptor().read(buffer);
        Ok(count.during_at("read", self.path())?)
    }

    fn read_vectored(&mut self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        let count = self.descriptor().readv(buffers);
        Ok(count.during_at("readv", self.path())?)
    }
}

impl Write for &File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.descriptor().write(bytes);
        Ok(count.during_at("write", self.path())?)
    }

    fn write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        let count = self.descriptor().writev(buffers);
        Ok(count.during_at("writev", self.path())?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for &File {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        let (offset, whence) = match position {
            SeekFrom::Start(offset) => (self.offset(offset, "lseek")?, sys::SEEK_SET),
            SeekFrom::Current(offset) => (offset, sys::SEEK_CUR),
            SeekFrom::End(offset) => (offset, sys::SEEK_END),
        };
        let position = self.descriptor().lseek(offset, whence);
        Ok(position.during_at("lseek", self.path())?.unsigned_abs())
    }
}

/// An open file that several owners share, what `Arc<std::fs::File>` is in `std`.
///
/// It implements `Read`, `Write` and `Seek` as that does, which no crate but `std` can do for an
/// `Arc`. Clones share the descriptor, and so the position; it is closed with the last of them.
#[derive(Debug, Clone)]
pub struct SharedFile(Arc<File>);

impl From<File> for SharedFile {
    fn from(file: File) -> Self {
        file.into_shared()
    }
}

impl Deref for SharedFile {
    type Target = File;

    fn deref(&self) -> &File {
        &self.0
    }
}

/// Passes on to what is implemented for `&File`.
macro_rules! stream {
    ($($type:ty: |$file:ident| $borrowed:expr;)*) => {$(
        impl $type {
            fn borrowed(&self) -> &File {
                let $file = self;
                $borrowed
            }
        }

        impl Read for $type {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.borrowed().read(buffer)
            }

            fn read_vectored(&mut self, buffers: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
                self.borrowed().read_vectored(buffers)
            }
        }

        impl Write for $type {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.borrowed().write(bytes)
            }

            fn write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
                self.borrowed().write_vectored(buffers)
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }

        impl Seek for $type {
            fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
                self.borrowed().seek(position)
            }
        }
    )*};
}

stream! {
    File: |file| file;
    SharedFile: |file| &*file.0;
}
