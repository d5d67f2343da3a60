//! A kernel as a value.

use std::fmt;
#[cfg(feature = "vfs")]
use std::path::Path;

use rumpkernel_sys::EntryPoints;
use rumpuser_posix::errno;

#[cfg(feature = "vfs")]
use crate::backend::Scope;
use crate::backend::{CallKind, Handle, InPlace};
#[cfg(feature = "vfs")]
use crate::disk::Disk;
#[cfg(feature = "vfs")]
use crate::mount::{FileSystem, Mount, MountOptions};
use crate::{Builder, Errno, Error, ErrorKind, Faults, error::During as _};

/// A booted NetBSD kernel.
///
/// A handle: clones refer to the same kernel, and so does every file, socket and mount made
/// through one. All of them may be used from any host thread, also at the same time. A thread gets
/// a kernel thread (lwp) of its own at its first call and gives it back when it ends.
///
/// # How a kernel ends
///
/// [`shutdown`](Self::shutdown) syncs and unmounts all file systems and halts the kernel, and
/// reports how that went. When the last handle and the last object that uses the kernel are
/// dropped, the same happens, without a report; in a callback of the kernel's own it is left to a
/// thread, and the callback goes on. A kernel that panics is dead at once.
///
/// Then its threads are ended, and its memory, descriptors and mappings are given back to the
/// host. A thread of the program that a callback keeps inside the dead kernel puts that off until
/// it leaves.
///
/// Whatever way it ended, calls on its objects fail from then on with
/// [`ErrorKind::ShutDown`](crate::ErrorKind::ShutDown) or
/// [`ErrorKind::Panicked`](crate::ErrorKind::Panicked), dropping them does nothing, and the
/// process goes on. A call that was waiting inside the kernel when it died returns the same error.
///
/// A kernel whose code fails (a null pointer, a division by zero, a stack overflow) is dead, too,
/// with [`ErrorKind::Crashed`](crate::ErrorKind::Crashed); see [containment](crate#containment).
/// And [`kill`](Self::kill) ends one that does not do what it is asked to.
///
/// # Forks
///
/// A process that was forked has no kernels: those of its parent go on there, and are dead in the
/// child, where every call returns [`ErrorKind::Forked`](crate::ErrorKind::Forked) at once, and
/// dropping what belongs to them does nothing, neither to images nor to the locks on them. A child
/// may call exec(3). It may boot kernels of its own only if the parent had none when it forked:
/// the locks of the parent's other threads, kernel threads among them, may be held in the child
/// for ever.
///
/// A program that ends in another way (`std::process::exit`, a signal, an abort) leaves its disk
/// images as a power failure would: what was not synced is lost, file systems are marked unclean.
#[derive(Clone)]
pub struct Kernel {
    kernel: Handle,
}

impl Kernel {
    /// Boots a kernel with default parameters.
    ///
    /// With the feature `instances` that is one more each time: kernels share nothing but the
    /// process. Without it, it is the kernel that is linked into the program.
    ///
    /// # Errors
    ///
    /// As for [`Builder::boot`]. Without `instances`,
    /// [`ErrorKind::AlreadyBooted`](crate::ErrorKind::AlreadyBooted) when it was booted before,
    /// even if it has been shut down since.
    pub fn boot() -> Result<Self, Error> {
        Self::builder().boot()
    }

    /// A builder, to boot with parameters.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn new(kernel: Handle) -> Self {
        Self { kernel }
    }

    #[cfg(any(
        feature = "netinet",
        feature = "netinet6",
        feature = "sockin",
        feature = "vfs"
    ))]
    pub(crate) fn handle(&self) -> &Handle {
        &self.kernel
    }

    /// Mounts a file system on the directory `path`, mount(2), for reading and writing where its
    /// driver writes safely.
    ///
    /// The directory has to exist; the kernel's root is a small memory file system, on which
    /// [`fs::create_dir`](crate::fs::create_dir) works. The file system stays mounted until the
    /// returned [`Mount`] is dropped or unmounted, or the kernel ends.
    ///
    /// # Errors
    ///
    /// What the file system's own description says; `ENOENT` or `ENOTDIR` when `path` is no
    /// directory.
    #[cfg(feature = "vfs")]
    pub fn mount(
        &self,
        file_system: impl FileSystem,
        path: impl AsRef<Path>,
    ) -> Result<Mount, Error> {
        self.mount_with(file_system, path, MountOptions::new())
    }

    /// Mounts a file system on the directory `path` with options, such as read-only.
    ///
    /// # Errors
    ///
    /// As for [`mount`](Self::mount); [`ErrorKind::BadParameter`] for options that the file system
    /// cannot have.
    #[cfg(feature = "vfs")]
    pub fn mount_with(
        &self,
        mut file_system: impl FileSystem,
        path: impl AsRef<Path>,
        options: MountOptions,
    ) -> Result<Mount, Error> {
        Mount::new(&self.kernel, &mut file_system, path.as_ref(), options)
    }

    /// Makes everything durable that is cached, sync(2): it is written to the disk images, and
    /// these are made durable on the host's disk. Returns when that is done.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Disk`](crate::ErrorKind::Disk) when the host failed to write to any disk of
    /// the kernel's, or to make durable what was written, since this was last called, whoever else
    /// was told; see [durability](crate#durability). Otherwise only that the kernel is dead.
    #[cfg(feature = "vfs")]
    pub fn sync(&self) -> Result<(), Error> {
        let kernel = &self.kernel;
        let sync = kernel.mark_of_all().begin();
        let written = crate::syscall::tree::sync(kernel);
        let failure = kernel.flush(Scope::All, &sync);
        failure
            .map_or(written, |failure| Err(failure.into()))
            .during("sync")
    }

    /// Syncs and unmounts all file systems, halts the kernel and ends its threads, reboot(2). Open
    /// files and sockets are closed by force. The process goes on.
    ///
    /// Calls that other threads make from here on fail. Those that are in the kernel come to their
    /// end first, except for those that wait on a socket, which are woken with an error (and for
    /// one that takes longer than five seconds).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ShutDown`](crate::ErrorKind::ShutDown) when that was done before,
    /// [`ErrorKind::Panicked`](crate::ErrorKind::Panicked) when the kernel panicked, before or
    /// while shutting down; [`ErrorKind::InsideKernel`](crate::ErrorKind::InsideKernel) in a
    /// callback.
    pub fn shutdown(&self) -> Result<(), Error> {
        self.kernel.shut_down().during("shutdown")
    }

    /// Ends the kernel at once, as a loss of power would: nothing is synced, unmounted or closed,
    /// and disk images are left as they are. Every call that is in it returns
    /// [`ErrorKind::Killed`](crate::ErrorKind::Killed), and so do all later ones.
    ///
    /// This is the way out when a kernel does not do what it is asked to, a
    /// [`shutdown`](Self::shutdown) included that does not come to its end: a thread that loops in
    /// its code is taken out of there by a signal, and one that waits in a system call of the
    /// host's is interrupted: on Linux by the unused real-time signal that the first boot takes,
    /// elsewhere by SIGSEGV, if no other handler has been put in front. May be called from any
    /// thread, also in a callback of the kernel's. Waits for the other threads to leave the kernel
    /// (not in a callback), up to five seconds for those that do not, because a callback of the
    /// program's keeps them, and half a second where those that stay cannot be interrupted: they
    /// have blocked the signal, or another handler has been put in front.
    ///
    /// Returns whether all threads have left the kernel, which has given back to the host what it
    /// had. If not, the kernel is dead all the same, and does so when the last of them leaves, at
    /// its next hypercall if not before. A kernel that has ended stays as it is.
    pub fn kill(&self) -> bool {
        self.kernel.kill()
    }

    /// Returns whether the kernel is up: neither shut down nor dead.
    pub fn is_alive(&self) -> bool {
        self.kernel.end().is_none()
    }

    /// Runs `call` in the kernel on the calling thread's lwp, for what this crate does not offer.
    ///
    /// # Errors
    ///
    /// Only that the kernel is dead, or that this is a callback; what `call` returns is its own.
    ///
    /// # Safety
    ///
    /// `call` uses the entry points as their C prototypes and manual pages ask, leaves the thread
    /// on the lwp that it found it on, and while in the kernel holds no value with a destructor,
    /// because the kernel's death leaves it by a jump. A panic in it aborts the process.
    pub unsafe fn enter<R: Copy>(
        &self,
        call: impl FnOnce(&EntryPoints) -> R + Copy,
    ) -> Result<R, Error> {
        // SAFETY: passed on to the caller.
        unsafe { self.enter_in_place(call) }.during("enter")
    }

    /// Like [`enter`](Self::enter), for one system call, which returns -1 when it fails.
    ///
    /// # Errors
    ///
    /// The errno of the system call.
    ///
    /// # Safety
    ///
    /// As for [`enter`](Self::enter).
    pub unsafe fn syscall<R: Copy + PartialEq + From<i8>>(
        &self,
        call: impl FnOnce(&EntryPoints) -> R + Copy,
    ) -> Result<R, Error> {
        // SAFETY: passed on to the caller; errno is read before anything can change it.
        let entered = unsafe { self.enter_in_place(move |entry| (call(entry), errno::last())) };
        let (result, errno) = entered.during("syscall")?;
        if result == R::from(-1) {
            return Err(ErrorKind::Errno(Errno::from_raw(errno))).during("syscall");
        }
        Ok(result)
    }

    /// # Safety
    ///
    /// As for [`enter`](Self::enter).
    unsafe fn enter_in_place<R: Copy>(
        &self,
        call: impl FnOnce(&EntryPoints) -> R + Copy,
    ) -> Result<R, ErrorKind> {
        // SAFETY: passed on to the caller.
        unsafe { self.in_place()?.enter(CallKind::Short, call) }
    }

    /// The kernel, if its code is in this process.
    fn in_place(&self) -> Result<&InPlace, ErrorKind> {
        let elsewhere = ErrorKind::Errno(Errno::OPNOTSUPP);
        self.kernel.in_place().ok_or(elsewhere)
    }

    /// Gives this kernel a disk, for what this crate does not mount: `rump_pub_etfs_register()`
    /// takes the [path](rumpuser_posix::AttachedDisk::host_path) of what is returned. It is the
    /// kernel's until that is dropped.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Host`](crate::ErrorKind::Host).
    #[cfg(feature = "vfs")]
    pub fn attach_disk(
        &self,
        disk: impl Disk + 'static,
    ) -> Result<rumpuser_posix::AttachedDisk, Error> {
        let disk = self.in_place().and_then(|kernel| {
            let disk = kernel.instance().attach_disk(Box::new(disk));
            disk.map_err(ErrorKind::Host)
        });
        disk.during("attach")
    }

    /// Returns the faults that the host injects, for tests: failing reads and writes of disks,
    /// memory, threads. [`Builder::faults`] does so from the beginning of the boot on.
    pub fn faults(&self) -> &Faults {
        self.kernel.faults()
    }
}

impl fmt::Debug for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kernel")
            .field("alive", &self.is_alive())
            .finish_non_exhaustive()
    }
}
