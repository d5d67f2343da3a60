//! Whole trees between the host and a kernel.

mod data;
mod from_host;
mod to_host;

use std::io;
use std::path::{Path, PathBuf};

use crate::error::During as _;
use crate::{Error, ErrorKind, Kernel};

/// Copies whole trees between the host and a kernel, with what files have besides contents.
///
/// Names (any bytes), contents, holes, permissions, times of access and modification, symbolic
/// links as they are, hard links within the tree, and owners if they are asked for. FIFOs, sockets
/// and devices are left out, and [`Copied`] lists them.
///
/// What is there already stays, unless it has the name of something that is copied: then it is
/// replaced, and directories are merged. In the target no symbolic link below the one path that
/// the caller gives is followed, whatever names an image says that it has.
///
/// ```no_run
/// # #[cfg(feature = "tmpfs")]
/// # fn main() -> Result<(), rumpkernel::Error> {
/// use rumpkernel::{Kernel, fs::TreeCopy};
///
/// let kernel = Kernel::boot()?;
/// let copied = TreeCopy::new().from_host(&kernel, "/etc", "/etc")?;
/// println!("{} files, {} bytes", copied.files, copied.bytes);
/// TreeCopy::new().to_host(&kernel, "/etc", "/tmp/the same")?;
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "tmpfs"))]
/// # fn main() {}
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[must_use = "for TreeCopy::from_host and TreeCopy::to_host"]
pub struct TreeCopy {
    has_owners: bool,
}

/// The result of a [`TreeCopy`]: how much it has copied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Copied {
    /// Files, a file with several names once.
    pub files: u64,
    /// Further names of files.
    pub hard_links: u64,
    /// Directories, with the one at the top.
    pub directories: u64,
    /// Symbolic links.
    pub symlinks: u64,
    /// The sizes of the files, holes included.
    pub bytes: u64,
    /// The paths, in the source, of what is neither file, directory nor symbolic link.
    pub left_out: Vec<PathBuf>,
}

impl TreeCopy {
    /// Copies without owners: what is made belongs to who makes it, and programs lose the bits
    /// that let them run as their owner.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps users and groups, by number. On the host that takes user 0.
    pub fn owners(mut self, keep: bool) -> Self {
        self.has_owners = keep;
        self
    }

    /// Copies what is at `from` on the host to `to` in the kernel; the directory above `to` has to
    /// exist. A symbolic link at `from` is followed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Host`] for what the host refuses; `EINVAL` for a `to` without a last component;
    /// those of the system calls that make files. What was copied until then stays.
    pub fn from_host(
        self,
        kernel: &Kernel,
        from: impl AsRef<Path>,
        to: impl AsRef<Path>,
    ) -> Result<Copied, Error> {
        from_host::copy(self, kernel, from.as_ref(), to.as_ref())
    }

    /// Copies what is at `from` in the kernel to `to` on the host; the directory above `to` has to
    /// exist. A symbolic link at `from` is not followed. Times of symbolic links are not kept.
    ///
    /// # Errors
    ///
    /// As for [`from_host`](Self::from_host).
    pub fn to_host(
        self,
        kernel: &Kernel,
        from: impl AsRef<Path>,
        to: impl AsRef<Path>,
    ) -> Result<Copied, Error> {
        to_host::copy(self, kernel, from.as_ref(), to.as_ref())
    }

    fn permissions(self, mode: u32) -> u32 {
        match self.has_owners {
            true => mode & 0o7777,
            false => mode & 0o777,
        }
    }
}

/// The error of an operation on a path of the host's, or what the kernel said inside.
trait OnHost<T> {
    fn on_host(self, operation: &'static str, path: &Path) -> Result<T, Error>;
}

impl<T> OnHost<T> for io::Result<T> {
    fn on_host(self, operation: &'static str, path: &Path) -> Result<T, Error> {
        self.or_else(|error| match error.downcast::<Error>() {
            Ok(error) => Err(error),
            Err(error) => Err(ErrorKind::Host(error)).during_at(operation, path),
        })
    }
}
