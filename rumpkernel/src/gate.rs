//! The way into one booted kernel.
//!
//! Everything that the safe API does in a kernel goes through [`Gate::enter`], which binds the
//! calling thread to an lwp, refuses calls from the kernel's own callbacks, and turns the kernel's
//! death into an error. The kernel is reached through a table of entry points, so that nothing
//! above depends on whether it is linked into the program or loaded.

use std::ffi::c_int;
use std::fmt;
use std::mem;
use std::sync::Arc;

use rumpkernel_sys::EntryPoints;
#[cfg(feature = "vfs")]
use rumpuser_posix::Mark as DiskMark;
use rumpuser_posix::{Instance, errno};

use crate::body::{Body, PATIENCE};
use crate::calls::{Call, Calls, Manner, Mark, Refusal};
#[cfg(feature = "vfs")]
use crate::mount::Disks;
use crate::{Errno, ErrorKind, thread};

/// One booted kernel. Ends it when dropped.
pub(crate) struct Gate {
    body: Body,
    /// The kernel's process that files and sockets belong to. One lwp of it is bound to no host
    /// thread and lives as long as the kernel, and so does the process.
    process: c_int,
    calls: Calls,
}

impl Gate {
    /// Boots the kernel behind `entry`.
    ///
    /// # Safety
    ///
    /// `entry` leads into the kernel whose hypercalls `instance` answers, not booted before.
    pub(crate) unsafe fn boot(
        instance: Arc<Instance>,
        entry: EntryPoints,
    ) -> Result<Arc<Self>, ErrorKind> {
        let body = Body::new(instance, entry);
        // SAFETY: passed on to the caller.
        let process = unsafe { body.boot() }?;
        Ok(Arc::new(Self {
            body,
            process,
            calls: Calls::default(),
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
        if self.instance().is_foreign() {
            // Before any lock, which another thread may have held when this process was forked.
            return Err(ErrorKind::Forked);
        }
        if self.instance().is_inside() {
            return Err(ErrorKind::InsideKernel);
        }
        let marked = match (manner, thread::mark(self)) {
            (Manner::Short, Some(mark)) => self.calls.begin_marked(mark),
            _ => None,
        };
        let _call = match marked {
            Some(call) => call,
            None => self.begin(manner)?,
        };
        let entry = &self.body.entry;
        // SAFETY: passed on to the caller; the thread is bound, and not inside this kernel.
        Ok(unsafe { self.body.instance.enter(move || call(entry)) }?)
    }

    /// Begins a call of a thread that has not made the last of its calls in this kernel, or that is
    /// not to run beside others.
    #[cold]
    fn begin(self: &Arc<Self>, manner: Manner) -> Result<Call<'_>, ErrorKind> {
        let begin = |patience| self.calls.begin(manner, patience);
        let call = match begin(None) {
            // Whoever is inside may need the turn that the calling thread has.
            Err(Refusal::Busy) => self.instance().aside(|| begin(Some(PATIENCE))),
            begun => begun,
        }
        .map_err(|refusal| match refusal {
            Refusal::Closed => self
                .instance()
                .death()
                .map_or(ErrorKind::ShutDown, Into::into),
            Refusal::Busy => ErrorKind::Errno(Errno::BUSY),
        })?;
        thread::bind(self)?;
        Ok(call)
    }

    /// Makes a mark for the calling thread, which has an lwp in the kernel.
    pub(crate) fn mark_thread(&self) -> Arc<Mark> {
        self.calls.mark()
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
    #[cfg(any(feature = "netinet", feature = "netinet6", feature = "sockin"))]
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
        let (entry, process) = (&self.body.entry, self.process);
        // SAFETY: the thread has no lwp in this kernel (crate::thread asks once), and the closure
        // holds plain values only.
        check(unsafe {
            self.body
                .instance
                .enter(move || (entry.lwproc_newlwp)(process))
        }?)
    }

    /// Gives the calling thread's lwp back, if the kernel still lives.
    pub(crate) fn release_lwp(&self) {
        if self.body.instance.death().is_some() {
            return;
        }
        let entry = &self.body.entry;
        // SAFETY: the thread is bound to an lwp that create_lwp() made, and outside the kernel. An
        // error means that the kernel has died, and its lwps with it.
        let _dead = unsafe {
            self.body
                .instance
                .enter(move || (entry.lwproc_releaselwp)())
        };
    }

    /// Syncs, unmounts and halts. `Err(ShutDown)` when that has been done, or is being done.
    pub(crate) fn shut_down(&self) -> Result<(), ErrorKind> {
        self.close()?;
        self.body.halt()
    }

    /// Lets no more calls in.
    fn close(&self) -> Result<(), ErrorKind> {
        if self.instance().is_foreign() {
            return Err(ErrorKind::Forked);
        }
        if self.instance().is_inside() {
            return Err(ErrorKind::InsideKernel);
        }
        // What still waits for time in there has to come to its end, whoever moves the clock.
        self.instance().let_time_go();
        let close = || self.calls.close(PATIENCE);
        if self.instance().death().is_none() && !self.instance().at_rest(close) {
            return Err(ErrorKind::ShutDown);
        }
        Ok(())
    }

    /// Ends the kernel at once, as a loss of power would. Returns whether all threads have left
    /// it.
    pub(crate) fn kill(&self) -> bool {
        if self.instance().is_foreign() {
            return false;
        }
        self.instance().kill("the kernel was killed");
        self.body.bury()
    }

    /// The disks that the kernel has been given.
    #[cfg(feature = "vfs")]
    pub(crate) fn disks(&self) -> &Disks {
        &self.body.disks
    }

    /// The failed writes of all disks, for those who sync the whole kernel.
    #[cfg(feature = "vfs")]
    pub(crate) fn mark(&self) -> &DiskMark {
        &self.body.mark
    }

    /// The functions that the kernel is entered through.
    #[cfg(all(
        feature = "virtif",
        any(feature = "netinet", feature = "netinet6", feature = "sockin")
    ))]
    pub(crate) fn entry_points(&self) -> &EntryPoints {
        &self.body.entry
    }

    /// The hypercall side of the kernel.
    pub(crate) fn instance(&self) -> &Instance {
        &self.body.instance
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
        if self.instance().is_foreign() {
            // What the kernel has is the parent's to give back.
            mem::forget(Arc::clone(&self.body.instance));
        } else if self.instance().is_inside() {
            // Ending it here would wait for the caller.
            self.body.halt_elsewhere();
        } else {
            // Kernel::shutdown() is for those who want to know how it went.
            if self.close().is_ok() {
                self.body.halt_unheard();
            }
        }
    }
}

/// The error number that a function returns instead of setting errno.
pub(crate) fn check(code: c_int) -> Result<(), ErrorKind> {
    match code {
        0 => Ok(()),
        code => Err(ErrorKind::Errno(Errno::from_raw(code))),
    }
}
