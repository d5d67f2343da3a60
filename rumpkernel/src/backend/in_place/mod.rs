//! The backend of kernels in this process: the one that is linked into the program, and loaded
//! ones.
//!
//! Everything that the safe API does in such a kernel goes through [`InPlace::enter`], which binds
//! the calling thread to an lwp, refuses calls from the kernel's own callbacks, and turns the
//! kernel's death into an error. The kernel is reached through a table of entry points, so that
//! nothing depends on whether it is linked or loaded.

mod calls;
#[cfg(feature = "vfs")]
mod disks;
mod machine;
mod operations;
#[cfg(feature = "vfs")]
mod process;
mod threads;

use std::ffi::c_int;
use std::fmt;
use std::mem;
use std::sync::{Arc, Weak};

use rumpkernel_sys::EntryPoints;
use rumpuser_posix::Instance;

use super::CallKind;
use crate::errno::check;
use crate::{Errno, ErrorKind};
use calls::{Call, Calls, Presence, Refusal};
use machine::{Machine, PATIENCE};

/// One booted kernel. Ends it when dropped.
pub(crate) struct InPlace {
    this: Weak<Self>,
    machine: Machine,
    /// The kernel's process that files and sockets belong to. One lwp of it is bound to no host
    /// thread and lives as long as the kernel, and so does the process.
    process: c_int,
    calls: Calls,
}

impl InPlace {
    /// Boots the kernel behind `entry`.
    ///
    /// # Safety
    ///
    /// `entry` leads into the kernel whose hypercalls `instance` answers, not booted before.
    pub(crate) unsafe fn boot(
        instance: Arc<Instance>,
        entry: EntryPoints,
    ) -> Result<Arc<Self>, ErrorKind> {
        let machine = Machine::new(instance, entry);
        // SAFETY: passed on to the caller.
        let process = unsafe { machine.boot() }?;
        Ok(Arc::new_cyclic(|this| Self {
            this: Weak::clone(this),
            machine,
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
        &self,
        kind: CallKind,
        call: impl FnOnce(&EntryPoints) -> R + Copy,
    ) -> Result<R, ErrorKind> {
        if self.instance().is_foreign() {
            // Before any lock, which another thread may have held when this process was forked.
            return Err(ErrorKind::Forked);
        }
        if self.instance().is_inside() {
            return Err(ErrorKind::InsideKernel);
        }
        let present = match (kind, threads::presence(self)) {
            (CallKind::Short, Some(presence)) => self.calls.begin_present(presence),
            _ => None,
        };
        let _call = match present {
            Some(call) => call,
            None => self.begin(kind)?,
        };
        let entry = &self.machine.entry;
        // SAFETY: passed on to the caller; the thread is bound, and not inside this kernel.
        Ok(unsafe { self.machine.instance.enter(move || call(entry)) }?)
    }

    /// Begins a call of a thread that has not made the last of its calls in this kernel, or that is
    /// not to run beside others.
    #[cold]
    fn begin(&self, kind: CallKind) -> Result<Call<'_>, ErrorKind> {
        let begin = |patience| self.calls.begin(kind, patience);
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
        threads::bind(self)?;
        Ok(call)
    }

    /// A reference that keeps no kernel up.
    fn weak(&self) -> Weak<Self> {
        Weak::clone(&self.this)
    }

    /// Makes a note for the calling thread, which has an lwp in the kernel.
    fn presence(&self) -> Arc<Presence> {
        self.calls.presence()
    }

    /// Makes an lwp of the kernel's process and binds the calling thread to it.
    pub(crate) fn create_lwp(&self) -> Result<(), ErrorKind> {
        let (entry, process) = (&self.machine.entry, self.process);
        // SAFETY: the thread has no lwp in this kernel (threads::bind() asks once), and the closure
        // holds plain values only.
        check(unsafe {
            self.machine
                .instance
                .enter(move || (entry.lwproc_newlwp)(process))
        }?)
    }

    /// Gives the calling thread's lwp back, if the kernel still lives.
    pub(crate) fn release_lwp(&self) {
        if self.machine.instance.death().is_some() {
            return;
        }
        let entry = &self.machine.entry;
        // SAFETY: the thread is bound to an lwp that create_lwp() made, and outside the kernel. An
        // error means that the kernel has died, and its lwps with it.
        let _dead = unsafe {
            self.machine
                .instance
                .enter(move || (entry.lwproc_releaselwp)())
        };
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

    /// The instance that answers the kernel's hypercalls.
    pub(crate) fn instance(&self) -> &Arc<Instance> {
        &self.machine.instance
    }
}

impl fmt::Debug for InPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InPlace")
            .field("process", &self.process)
            .finish_non_exhaustive()
    }
}

impl Drop for InPlace {
    fn drop(&mut self) {
        if self.instance().is_foreign() {
            // What the kernel has is the parent's to give back.
            mem::forget(Arc::clone(&self.machine.instance));
        } else if self.instance().is_inside() {
            // Ending it here would wait for the caller.
            self.machine.halt_elsewhere();
        } else {
            // Kernel::shutdown() is for those who want to know how it went.
            if self.close().is_ok() {
                self.machine.halt_unasked();
            }
        }
    }
}
