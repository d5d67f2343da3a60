//! Processes of a kernel.

use std::ops::Deref;
use std::path::{Path, PathBuf};

use crate::error::During as _;
use crate::fs::working_directory;
use crate::syscall::process;
use crate::{Error, ErrorKind, Kernel, path};

/// A process in a kernel, with credentials, working directory, root, umask and descriptors of its
/// own: what is done through it is done as that process.
///
/// It stands for its kernel wherever a [`Kernel`] is asked for:
///
/// ```no_run
/// # #[cfg(feature = "tmpfs")]
/// # fn main() -> Result<(), rumpkernel::Error> {
/// use rumpkernel::{Errno, Kernel, Process, fs};
///
/// let kernel = Kernel::boot()?;
/// fs::write(&kernel, "/secret", "")?;
/// fs::set_permissions(&kernel, "/secret", fs::Permissions::from_mode(0o600))?;
/// let user = Process::new(&kernel)?.with_credentials(1000, 100, &[5])?;
/// let refused = fs::read(&user, "/secret").unwrap_err();
/// assert_eq!(refused.errno(), Some(Errno::ACCES));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "tmpfs"))]
/// # fn main() {}
/// ```
///
/// Files and sockets that are opened through it are its descriptors, and keep it: it ends when the
/// last of them, the last clone and the last [`Kernel`] cloned out of it are dropped. Any number
/// of threads may use one process at the same time. Each call switches the thread to a kernel
/// thread (lwp) of the process and back, which takes a few hundred nanoseconds.
///
/// What is done with a [`Kernel`] itself is done as user 0, in a process that all threads share.
/// [`Kernel::enter`] and [`Kernel::syscall`] stay in that process, also through a `Process`.
#[derive(Debug, Clone)]
pub struct Process {
    kernel: Kernel,
}

impl Process {
    /// Makes a process without descriptors. It inherits credentials, working directory, root and
    /// umask of the process that `parent` stands for: for a kernel that is user 0, `/`, `/` and
    /// 022.
    ///
    /// # Errors
    ///
    /// That the kernel is dead or has no memory.
    pub fn new(parent: &Kernel) -> Result<Self, Error> {
        let kernel = parent.handle().fork().during("rfork")?;
        Ok(Self {
            kernel: Kernel::new(kernel),
        })
    }

    /// Changes real, effective and saved user and group, and the groups besides, for good:
    /// setgroups(2), setgid(2), setuid(2). Only user 0 can.
    ///
    /// # Errors
    ///
    /// `EPERM` for a process of another user; `EINVAL` for more than 16 groups.
    pub fn with_credentials(self, user: u32, group: u32, groups: &[u32]) -> Result<Self, Error> {
        let kernel = self.kernel.handle();
        process::setgroups(kernel, groups).during("setgroups")?;
        process::setgid(kernel, group).during("setgid")?;
        process::setuid(kernel, user).during("setuid")?;
        Ok(self)
    }

    /// The number of the process, getpid(2).
    ///
    /// # Errors
    ///
    /// Only that the kernel is dead.
    pub fn id(&self) -> Result<u32, Error> {
        process::getpid(self.kernel.handle()).during("getpid")
    }

    /// The user that the process acts as, geteuid(2).
    ///
    /// # Errors
    ///
    /// Only that the kernel is dead.
    pub fn user(&self) -> Result<u32, Error> {
        process::geteuid(self.kernel.handle()).during("geteuid")
    }

    /// The group that the process acts as, getegid(2).
    ///
    /// # Errors
    ///
    /// Only that the kernel is dead.
    pub fn group(&self) -> Result<u32, Error> {
        process::getegid(self.kernel.handle()).during("getegid")
    }

    /// The groups besides, in ascending order, getgroups(2).
    ///
    /// # Errors
    ///
    /// Only that the kernel is dead.
    pub fn groups(&self) -> Result<Vec<u32>, Error> {
        process::getgroups(self.kernel.handle()).during("getgroups")
    }

    /// The directory that relative paths begin at, getcwd(3).
    ///
    /// # Errors
    ///
    /// `ENOENT` when it was removed; others of getcwd(3).
    pub fn current_dir(&self) -> Result<PathBuf, Error> {
        working_directory(&self.kernel)
    }

    /// Changes the directory that relative paths begin at, chdir(2).
    ///
    /// # Errors
    ///
    /// Those of chdir(2).
    pub fn set_current_dir(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.with_path("chdir", path.as_ref(), |name| {
            process::chdir(self.kernel.handle(), name)
        })
    }

    /// Makes a directory the root of the process, chroot(2), and its working directory. What is
    /// outside cannot be reached any more, but through directories that are open.
    ///
    /// # Errors
    ///
    /// `EPERM` for users other than 0; others of chroot(2).
    pub fn chroot(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        self.with_path("chroot", path.as_ref(), |name| {
            process::chroot(self.kernel.handle(), name)?;
            process::chdir(self.kernel.handle(), c"/")
        })
    }

    /// Changes the permissions that files do not get when they are created, umask(2). Returns what
    /// it was.
    ///
    /// # Errors
    ///
    /// Only that the kernel is dead.
    pub fn set_umask(&self, mask: u32) -> Result<u32, Error> {
        process::umask(self.kernel.handle(), mask & 0o777).during("umask")
    }

    fn with_path(
        &self,
        operation: &'static str,
        path: &Path,
        call: impl FnOnce(&std::ffi::CStr) -> Result<(), ErrorKind>,
    ) -> Result<(), Error> {
        path::to_kernel(path)
            .and_then(|name| call(&name))
            .during_at(operation, path)
    }
}

impl Deref for Process {
    type Target = Kernel;

    fn deref(&self) -> &Kernel {
        &self.kernel
    }
}
