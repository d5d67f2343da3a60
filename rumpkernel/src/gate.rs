//! The way into one booted kernel.
//!
//! Everything that the safe API does in a kernel goes through [`Gate::enter`], which binds the
//! calling thread to an lwp, refuses calls from the kernel's own callbacks, and turns the kernel's
//! death into an error. The kernel is reached through a table of entry points, so that nothing
//! above depends on whether it is linked into the program or loaded.

use std::ffi::c_int;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rumpkernel_sys::{EntryPoints, RB_AUTOBOOT, RLIMIT_NOFILE, RUMP_RFCFDG, rlimit};
use rumpuser_posix::{DeathKind, Instance, errno};

use crate::calls::{Calls, Manner, Refusal};
#[cfg(feature = "vfs")]
use crate::mount::Disks;
use crate::{Errno, ErrorKind, thread};

/// `RLIM_INFINITY` of sys/resource.h.
const RLIM_INFINITY: u64 = i64::MAX.unsigned_abs();

/// How long the end of a kernel waits for calls and for the kernel's threads to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// One booted kernel. Ends it when dropped.
pub(crate) struct Gate {
    instance: Arc<Instance>,
    entry: EntryPoints,
    /// The kernel's process that files and sockets belong to. One lwp of it is bound to no host
    /// thread and lives as long as the kernel, and so does the process.
    process: c_int,
    calls: Calls,
    #[cfg(feature = "vfs")]
    disks: Disks,
}

impl Gate {
    /// Boots the kernel behind `entry`.
    ///
    /// # Safety
    ///
    /// `entry` leads into the kernel whose hypercalls `instance` answers, not booted before.
    pub(crate) unsafe fn boot(
        instance: Arc<Instance>,
        entry: &EntryPoints,
    ) -> Result<Arc<Self>, ErrorKind> {
        // SAFETY: the kernel is not booted yet (caller), and the closure holds plain values only.
        let code = unsafe { instance.enter(|| (entry.init)()) }?;
        check(code)?;
        // The boot thread takes on the first lwp of a new process with no files, lets the process
        // have as many as the kernel can, and leaves it.
        let limit = rlimit {
            rlim_cur: RLIM_INFINITY,
            rlim_max: RLIM_INFINITY,
        };
        let limit = &raw const limit;
        // SAFETY: the kernel runs; the closure holds plain values only; `limit` lives longer.
        let (code, process) = unsafe {
            instance.enter(move || {
                let code = (entry.lwproc_rfork)(RUMP_RFCFDG);
                if code != 0 {
                    return (code, 0);
                }
                if (entry.sys_setrlimit)(RLIMIT_NOFILE, limit) != 0 {
                    return (errno::last(), 0);
                }
                let process = (entry.sys_getpid)();
                (entry.lwproc_switch)(std::ptr::null_mut());
                (0, process)
            })
        }?;
        check(code)?;
        Ok(Arc::new(Self {
            instance,
            entry: *entry,
            process,
            calls: Calls::default(),
            #[cfg(feature = "vfs")]
            disks: Disks::default(),
        }))
    }

    /// Runs `call` in the kernel, on the calling thread's lwp.
    ///
    /// # Safety
    ///
    /// `call` uses the entry points as their C prototypes and manual pages ask, and holds no value
    /// with a destructor while it does: it may be left by a jump.
    pub(crate) unsafe fn enter<R: Copy>(
        self: &Arc<Self>,
        manner: Manner,
        call: impl FnOnce(&EntryPoints) -> R + Copy,
    ) -> Result<R, ErrorKind> {
        if self.instance.is_inside() {
            return Err(ErrorKind::InsideKernel);
        }
        let _call = self
            .calls
            .begin(manner, PATIENCE)
            .map_err(|refusal| match refusal {
                Refusal::Closed => self
                    .instance
                    .death()
                    .map_or(ErrorKind::ShutDown, Into::into),
                #[cfg(any(test, feature = "vfs"))]
                Refusal::Busy => ErrorKind::Errno(Errno::BUSY),
            })?;
        thread::bind(self)?;
        let entry = &self.entry;
        // SAFETY: passed on to the caller; the thread is bound, and not inside this kernel.
        Ok(unsafe { self.instance.enter(move || call(entry)) }?)
    }

    /// Runs one system call, which says -1 and sets errno when it fails.
    ///
    /// # Safety
    ///
    /// As for [`enter`](Self::enter); every pointer given to the system call is valid for what its
    /// manual page says that it reads or writes.
    pub(crate) unsafe fn syscall<R: Copy + PartialEq + From<i8>>(
        self: &Arc<Self>,
        call: impl FnOnce(&EntryPoints) -> R + Copy,
    ) -> Result<R, ErrorKind> {
        // SAFETY: passed on to the caller.
        unsafe { self.syscall_of(Manner::Short, call) }
    }

    /// Like [`syscall`](Self::syscall), for one that may wait for a peer on the network.
    ///
    /// # Safety
    ///
    /// As for [`syscall`](Self::syscall).
    #[cfg(any(feature = "netinet", feature = "netinet6"))]
    pub(crate) unsafe fn endless_syscall<R: Copy + PartialEq + From<i8>>(
        self: &Arc<Self>,
        call: impl FnOnce(&EntryPoints) -> R + Copy,
    ) -> Result<R, ErrorKind> {
        // SAFETY: passed on to the caller.
        unsafe { self.syscall_of(Manner::Endless, call) }
    }

    /// Like [`syscall`](Self::syscall), while no other call is in a file system.
    ///
    /// # Safety
    ///
    /// As for [`syscall`](Self::syscall).
    #[cfg(feature = "vfs")]
    pub(crate) unsafe fn lone_syscall<R: Copy + PartialEq + From<i8>>(
        self: &Arc<Self>,
        call: impl FnOnce(&EntryPoints) -> R + Copy,
    ) -> Result<R, ErrorKind> {
        // SAFETY: passed on to the caller.
        unsafe { self.syscall_of(Manner::Alone, call) }
    }

    /// # Safety
    ///
    /// As for [`syscall`](Self::syscall).
    unsafe fn syscall_of<R: Copy + PartialEq + From<i8>>(
        self: &Arc<Self>,
        manner: Manner,
        call: impl FnOnce(&EntryPoints) -> R + Copy,
    ) -> Result<R, ErrorKind> {
        // SAFETY: passed on to the caller; errno is read before anything can change it.
        let (result, errno) =
            unsafe { self.enter(manner, move |entry| (call(entry), errno::last())) }?;
        if result == R::from(-1) {
            return Err(ErrorKind::Errno(Errno::from_raw(errno)));
        }
        Ok(result)
    }

    /// Makes an lwp of the kernel's process and binds the calling thread to it.
    pub(crate) fn create_lwp(&self) -> Result<(), ErrorKind> {
        let (entry, process) = (&self.entry, self.process);
        // SAFETY: the thread has no lwp in this kernel (crate::thread asks once), and the closure
        // holds plain values only.
        check(unsafe { self.instance.enter(move || (entry.lwproc_newlwp)(process)) }?)
    }

    /// Gives the calling thread's lwp back, if the kernel still lives.
    pub(crate) fn release_lwp(&self) {
        if self.instance.death().is_some() {
            return;
        }
        let entry = &self.entry;
        // SAFETY: the thread is bound to an lwp that create_lwp() made, and outside the kernel. An
        // error means that the kernel has died, and its lwps with it.
        let _dead = unsafe { self.instance.enter(move || (entry.lwproc_releaselwp)()) };
    }

    /// Syncs, unmounts and halts. `Err(ShutDown)` when that has been done, or is being done.
    pub(crate) fn shut_down(&self) -> Result<(), ErrorKind> {
        if self.instance.is_inside() {
            return Err(ErrorKind::InsideKernel);
        }
        if let Some(death) = self.instance.death() {
            self.bury();
            return Err(death.into());
        }
        if !self.calls.close(PATIENCE) {
            return Err(ErrorKind::ShutDown);
        }
        let entry = &self.entry;
        // SAFETY: the closure holds plain values only; reboot(2) takes a null boot string.
        let outcome = unsafe {
            self.instance
                .enter(move || (entry.sys_reboot)(RB_AUTOBOOT, std::ptr::null_mut()))
        };
        self.bury();
        match outcome {
            Err(death) if matches!(death.kind, DeathKind::Halt(_)) => Ok(()),
            Err(death) => Err(death.into()),
            Ok(_) => Err(ErrorKind::Errno(Errno::from_raw(errno::last()))),
        }
    }

    /// Gives back to the host what a dead kernel had, unless one of its threads does not end.
    fn bury(&self) {
        self.instance.join_threads(Some(PATIENCE));
        self.instance.reclaim();
        #[cfg(feature = "vfs")]
        self.disks.clear();
    }

    /// The disks that the kernel has been given.
    #[cfg(feature = "vfs")]
    pub(crate) fn disks(&self) -> &Disks {
        &self.disks
    }

    /// The hypercall side of the kernel.
    pub(crate) fn instance(&self) -> &Instance {
        &self.instance
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("process", &self.process)
            .finish_non_exhaustive()
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        // Nobody is left to tell: Kernel::shutdown() is for those who want to know.
        let _unreported = self.shut_down();
    }
}

/// The error number that a function returns instead of setting errno.
pub(crate) fn check(code: c_int) -> Result<(), ErrorKind> {
    match code {
        0 => Ok(()),
        code => Err(ErrorKind::Errno(Errno::from_raw(code))),
    }
}
