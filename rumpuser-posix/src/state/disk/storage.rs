//! Disks as values of the program's.

use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io;

/// What a kernel may do with a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// Read it. Others may read it too.
    ReadOnly,
    /// Read and write it. Nobody else may use it.
    ReadWrite,
}

/// A disk that a kernel can be given: whole blocks that are read and written.
///
/// A kernel calls it from several threads at the same time, and waits for it: on a thread of its
/// own for what can wait, otherwise in the call that needs the block. What it calls lies within the
/// [size](Self::size) and is aligned to the [block size](Self::block_size). An error is an I/O
/// error of the kernel's, and so is a panic, which Rust's hook has reported. The disk cannot call
/// into the kernel that calls it.
///
/// A read after a write to the same place gives what was written. Writes may be durable in any
/// order until [`flush`](Self::flush) returns; then all that had returned before are.
pub trait Disk: Send + Sync {
    /// The size in bytes, which does not change; a multiple of the block size, or what is left over
    /// is not used.
    fn size(&self) -> u64;

    /// The size of a block in bytes, which does not change: a power of two from 512 to 64 KiB. It
    /// is the sector size that the kernel sees.
    fn block_size(&self) -> u32 {
        512
    }

    /// Whether it can be written.
    fn access(&self) -> Access;

    /// Fills `buffer` with what is on the disk from byte `offset` on.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    fn read(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;

    /// Writes all of `bytes` at byte `offset`. Called only where [`access`](Self::access) allows it.
    ///
    /// # Errors
    ///
    /// Why it cannot be written. How much was, nobody knows then.
    fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Makes durable what was written.
    ///
    /// # Errors
    ///
    /// Why it cannot. Then it is tried again the next time.
    fn flush(&self) -> io::Result<()>;

    /// Forgets what lies in a range, which nobody needs any more: it reads as anything afterwards.
    ///
    /// # Errors
    ///
    /// Why it cannot; nobody minds.
    fn discard(&self, offset: u64, length: u64) -> io::Result<()> {
        let _ = (offset, length);
        Ok(())
    }

    /// Whether a read never waits for anything: then it is made by the thread that asks, at once.
    fn is_memory(&self) -> bool {
        false
    }

    /// What errors call it, such as a path.
    fn name(&self) -> Cow<'_, str>;

    /// A file of the host's that has the disk's bytes from this offset on, if there is one. Then the
    /// kernel reads and writes that file, which is faster, and does not call the methods above.
    fn host_file(&self) -> Option<(&File, u64)> {
        None
    }
}

impl<D: Disk + ?Sized> Disk for Box<D> {
    fn size(&self) -> u64 {
        (**self).size()
    }

    fn block_size(&self) -> u32 {
        (**self).block_size()
    }

    fn access(&self) -> Access {
        (**self).access()
    }

    fn read(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        (**self).read(buffer, offset)
    }

    fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        (**self).write(bytes, offset)
    }

    fn flush(&self) -> io::Result<()> {
        (**self).flush()
    }

    fn discard(&self, offset: u64, length: u64) -> io::Result<()> {
        (**self).discard(offset, length)
    }

    fn is_memory(&self) -> bool {
        (**self).is_memory()
    }

    fn name(&self) -> Cow<'_, str> {
        (**self).name()
    }

    fn host_file(&self) -> Option<(&File, u64)> {
        (**self).host_file()
    }
}

impl fmt::Debug for dyn Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk")
            .field("name", &self.name())
            .field("size", &self.size())
            .field("access", &self.access())
            .finish_non_exhaustive()
    }
}
