//! A kernel and what the host holds for it, from its boot to its end.

use std::ffi::c_int;
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

use rumpkernel_sys::{EntryPoints, RB_AUTOBOOT, RLIMIT_NOFILE, RUMP_RFCFDG, rlimit};
#[cfg(feature = "vfs")]
use rumpuser_posix::Mark;
use rumpuser_posix::{DeathKind, HostThread, Instance, errno};

#[cfg(feature = "vfs")]
use super::disks::Disks;
#[cfg(feature = "vfs")]
use crate::backend::{Scope, Units};
use crate::{Errno, ErrorKind, errno::check};

/// `RLIM_INFINITY` of sys/resource.h.
const RLIM_INFINITY: u64 = i64::MAX.unsigned_abs();

/// The stack of a thread that halts a kernel, in bytes: the kernel's system calls run on it.
const HALT_STACK: usize = 1 << 20;

/// The time that the end of a kernel waits for calls and for the kernel's threads to end.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// A kernel with what it has of the host's, without those who call it.
pub(crate) struct Machine {
    pub(crate) instance: Arc<Instance>,
    pub(crate) entry: EntryPoints,
    #[cfg(feature = "vfs")]
    pub(crate) disks: Disks,
    #[cfg(feature = "vfs")]
    pub(crate) units: Units,
    /// The failed writes of its disks, for those who sync all of it or end it.
    #[cfg(feature = "vfs")]
    pub(crate) mark: Mark,
}

impl Machine {
    pub(crate) fn new(instance: Arc<Instance>, entry: EntryPoints) -> Self {
        Self {
            #[cfg(feature = "vfs")]
            mark: instance.mark(),
            instance,
            entry,
            #[cfg(feature = "vfs")]
            disks: Disks::default(),
            #[cfg(feature = "vfs")]
            units: Units::default(),
        }
    }

    /// Boots the kernel and makes the process that the program's files and sockets will belong to.
    /// A kernel that does not get that far is ended.
    ///
    /// # Safety
    ///
    /// The entry points lead into the kernel whose hypercalls the instance answers, not booted
    /// before.
    pub(crate) unsafe fn boot(&self) -> Result<c_int, ErrorKind> {
        // SAFETY: passed on to the caller.
        let booted = unsafe { self.start() };
        if booted.is_err() {
            self.instance.kill("the kernel did not boot");
            self.give_back();
        }
        booted
    }

    /// # Safety
    ///
    /// As for [`boot`](Self::boot).
    unsafe fn start(&self) -> Result<c_int, ErrorKind> {
        let entry = &self.entry;
        // SAFETY: the kernel is not booted yet (caller), and the closure holds plain values only.
        let code = unsafe { self.instance.enter(|| (entry.init)()) }?;
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
            self.instance.enter(move || {
                let code = (entry.lwproc_rfork)(RUMP_RFCFDG);
                if code != 0 {
                    return (code, 0);
                }
                if (entry.sys_setrlimit)(RLIMIT_NOFILE, limit) != 0 {
                    return (errno::last(), 0);
                }
                let process = (entry.sys_getpid)();
                (entry.lwproc_switch)(ptr::null_mut());
                (0, process)
            })
        }?;
        check(code)?;
        Ok(process)
    }

    /// Halts the kernel for a caller that takes no result: lost data are told on the console.
    pub(crate) fn halt_unasked(&self) {
        if let Err(kind @ ErrorKind::Disk(_)) = self.halt() {
            self.instance
                .print(&format!("rumpkernel: shutdown: {kind}\n"));
        }
    }

    /// Syncs, unmounts and halts a kernel that nobody calls any more and that time goes by in, and
    /// gives back what it had. Of a kernel that died before, the latter only.
    pub(crate) fn halt(&self) -> Result<(), ErrorKind> {
        if let Some(death) = self.instance.death() {
            self.give_back();
            return Err(death.into());
        }
        let entry = &self.entry;
        // SAFETY: the closure holds plain values only; reboot(2) takes a null boot string.
        let outcome = unsafe {
            self.instance
                .enter(move || (entry.sys_reboot)(RB_AUTOBOOT, ptr::null_mut()))
        };
        let errno = errno::last();
        self.instance.kill("the kernel refused to halt");
        let lost = self.lost();
        self.give_back();
        match outcome {
            Err(death) if matches!(death.kind, DeathKind::Halt(_)) => lost,
            Err(death) => Err(death.into()),
            Ok(_) => Err(ErrorKind::Errno(Errno::from_raw(errno))),
        }
    }

    /// Makes durable what a kernel has written that was halted, and tells what failed since
    /// somebody was told last.
    fn lost(&self) -> Result<(), ErrorKind> {
        #[cfg(feature = "vfs")]
        {
            let observer = self.mark.begin();
            let failure = self.disks.flush(&self.instance, Scope::All, &observer);
            if let Some(failure) = failure {
                return Err(failure.into());
            }
        }
        Ok(())
    }

    /// Halts the kernel on a thread made for that, for a caller that is inside it.
    pub(crate) fn halt_elsewhere(&mut self) {
        let machine = Self {
            instance: Arc::clone(&self.instance),
            entry: self.entry,
            #[cfg(feature = "vfs")]
            disks: std::mem::take(&mut self.disks),
            #[cfg(feature = "vfs")]
            units: self.units.clone(),
            #[cfg(feature = "vfs")]
            mark: self.mark.clone(),
        };
        let halting = HostThread::start("rump halt", HALT_STACK, move || {
            machine.instance.let_time_go();
            machine.halt_unasked();
        });
        if halting.is_err() {
            self.instance
                .kill("the host has no thread to halt the kernel");
        }
    }

    /// Gives back to the host what a dead kernel had, unless one of its threads does not end.
    /// Returns whether all have.
    pub(crate) fn give_back(&self) -> bool {
        let vacated = self.instance.join_threads(Some(PATIENCE));
        self.instance.reclaim();
        #[cfg(feature = "vfs")]
        self.disks.clear();
        vacated
    }
}
