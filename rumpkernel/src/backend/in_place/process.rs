//! Processes of a kernel besides the one that the program's threads are in.
//!
//! A thread has its lwp in the program's process ([`threads`](super::threads)). For a call of
//! another process it turns to an lwp of that, of which there are as many as calls have been in the
//! process at once, and turns back.

use std::ffi::c_int;
use std::fmt;
use std::mem;
use std::ptr;
use std::sync::Arc;

use parking_lot::Mutex;
use rumpkernel_sys as sys;
use rumpuser_posix::{AttachedDisk, Disk, DiskFailure, Faults, Mark, SyncMark};

use super::InPlace;
use crate::ErrorKind;
use crate::backend::{
    Backend, BlockDevice, CallKind, Handle, Input, Output, Returned, Scope, Units,
};
use crate::errno::check;

/// An lwp that no thread is on.
#[derive(Clone, Copy)]
struct Lwp(*mut sys::lwp);

// SAFETY: the kernel lets any thread turn to an lwp that none is on.
unsafe impl Send for Lwp {}

/// A process that files and sockets can belong to. Ends when dropped.
pub(crate) struct InProcess {
    kernel: Arc<InPlace>,
    number: c_int,
    /// One for each call that was in the process at the same time. There is always one, here or in
    /// a call: with its last lwp a process ends.
    idle: Mutex<Vec<Lwp>>,
}

impl InProcess {
    /// Makes a child of the process that the lwp `parent` is of: that of the program if it is
    /// null. The parent's lwp is on no thread.
    fn child(kernel: &InPlace, parent: *mut sys::lwp) -> Result<Self, ErrorKind> {
        // SAFETY: the closure holds plain values, and leaves the thread on its own lwp; that of the
        // parent is on no thread (caller).
        let (code, number, lwp) = unsafe {
            kernel.enter(CallKind::Short, move |entry| {
                let own = (entry.lwproc_curlwp)();
                if !parent.is_null() {
                    (entry.lwproc_switch)(parent);
                }
                let code = (entry.lwproc_rfork)(sys::RUMP_RFCFDG);
                let made = match code {
                    0 => ((entry.sys_getpid)(), (entry.lwproc_curlwp)()),
                    _ => (0, ptr::null_mut()),
                };
                (entry.lwproc_switch)(own);
                (code, made.0, made.1)
            })
        }?;
        check(code)?;
        Ok(Self {
            kernel: kernel.this.upgrade().ok_or(ErrorKind::ShutDown)?,
            number,
            idle: Mutex::new(vec![Lwp(lwp)]),
        })
    }

    /// Makes a child of the program's process.
    pub(super) fn new(kernel: &InPlace) -> Result<Self, ErrorKind> {
        Self::child(kernel, ptr::null_mut())
    }

    /// Takes an lwp of this process that is on no thread.
    fn take(&self) -> Result<Lwp, ErrorKind> {
        if let Some(lwp) = self.idle.lock().pop() {
            return Ok(lwp);
        }
        let number = self.number;
        // SAFETY: as in child().
        let (code, lwp) = unsafe {
            self.kernel.enter(CallKind::Short, move |entry| {
                let own = (entry.lwproc_curlwp)();
                let code = (entry.lwproc_newlwp)(number);
                let lwp = (entry.lwproc_curlwp)();
                (entry.lwproc_switch)(own);
                (code, lwp)
            })
        }?;
        check(code)?;
        Ok(Lwp(lwp))
    }

    /// Runs `call` on the calling thread, on an lwp of this process.
    ///
    /// # Safety
    ///
    /// The closure meets what [`InPlace::enter`] asks for, and leaves the thread on the lwp that it
    /// found it on.
    unsafe fn enter(
        &self,
        kind: CallKind,
        call: impl FnOnce(&sys::EntryPoints) -> c_int + Copy,
    ) -> Result<(), ErrorKind> {
        let lwp = self.take()?;
        let other = lwp.0;
        // SAFETY: as in child(); the lwp is on no thread, and `call` is the caller's.
        let code = unsafe {
            self.kernel.enter(kind, move |entry| {
                let own = (entry.lwproc_curlwp)();
                (entry.lwproc_switch)(other);
                let code = call(entry);
                (entry.lwproc_switch)(own);
                code
            })
        };
        self.idle.lock().push(lwp);
        check(code?)
    }
}

impl Backend for InProcess {
    unsafe fn syscall(
        &self,
        kind: CallKind,
        call: &sys::SystemCall,
        _inputs: &[Input<'_>],
        _outputs: &mut [Output<'_>],
    ) -> Result<Returned, ErrorKind> {
        let mut registers = [0; 2];
        let (number, data, size) = (call.number(), call.data(), call.size());
        let place = registers.as_mut_ptr();
        // SAFETY: as in InPlace::syscall().
        unsafe {
            self.enter(kind, move |entry| {
                (entry.syscall)(number, data, size, place)
            })
        }?;
        Ok(Returned(registers))
    }

    fn fork(&self) -> Result<Handle, ErrorKind> {
        let lwp = self.take()?;
        let child = Self::child(&self.kernel, lwp.0);
        self.idle.lock().push(lwp);
        Ok(Arc::new(child?))
    }

    fn end(&self) -> Option<ErrorKind> {
        self.kernel.end()
    }

    fn is_of_parent(&self) -> bool {
        self.kernel.is_of_parent()
    }

    fn shut_down(&self) -> Result<(), ErrorKind> {
        self.kernel.shut_down()
    }

    fn kill(&self) -> bool {
        self.kernel.kill()
    }

    fn print(&self, text: &str) {
        self.kernel.print(text);
    }

    fn faults(&self) -> &Faults {
        self.kernel.faults()
    }

    fn attach_disk(&self, disk: Box<dyn Disk>) -> Result<BlockDevice, ErrorKind> {
        self.kernel.attach_disk(disk)
    }

    fn detach_disk(&self, number: u64) {
        self.kernel.detach_disk(number);
    }

    fn disk(&self, number: u64) -> Option<Arc<AttachedDisk>> {
        self.kernel.disk(number)
    }

    fn units(&self) -> &Units {
        self.kernel.units()
    }

    fn mark(&self) -> Mark {
        self.kernel.mark()
    }

    fn mark_of_all(&self) -> &Mark {
        self.kernel.mark_of_all()
    }

    fn flush(&self, disks: Scope<'_>, observer: &SyncMark<'_>) -> Option<DiskFailure> {
        self.kernel.flush(disks, observer)
    }

    #[cfg(feature = "virtif")]
    fn plug_link(
        &self,
        link: Box<dyn rumpuser_posix::virtif::Link>,
        address: Option<[u8; 6]>,
    ) -> Result<rumpuser_posix::virtif::Plugged, ErrorKind> {
        self.kernel.plug_link(link, address)
    }

    #[cfg(any(feature = "shmif", feature = "virtif"))]
    fn while_time_passes(&self, call: &mut dyn FnMut()) {
        self.kernel.while_time_passes(call);
    }

    #[cfg(feature = "ugenhc")]
    fn plug_usb(
        &self,
        device: Box<dyn rumpuser_posix::usb::Device>,
    ) -> Result<rumpuser_posix::usb::Plugged, ErrorKind> {
        self.kernel.plug_usb(device)
    }

    fn in_place(&self) -> Option<&InPlace> {
        Some(&self.kernel)
    }
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InProcess")
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

impl Drop for InProcess {
    fn drop(&mut self) {
        for Lwp(lwp) in mem::take(self.idle.get_mut()) {
            // The kernel may be dead, and its processes with it.
            // SAFETY: as in child(); nobody else knows the lwp, which is gone when the thread turns
            // back to its own.
            let _gone = unsafe {
                self.kernel.enter(CallKind::Short, move |entry| {
                    let own = (entry.lwproc_curlwp)();
                    (entry.lwproc_switch)(lwp);
                    (entry.lwproc_releaselwp)();
                    (entry.lwproc_switch)(own);
                })
            };
        }
    }
}
