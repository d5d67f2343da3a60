//! Starting a kernel's threads.

use std::ffi::{CStr, c_int, c_void};
use std::mem::offset_of;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use super::{Handle, Instance};
use crate::errno::from_host;
use crate::state::fault::Fault;
use crate::state::memory::Memory;
use crate::wait::{Dead, Object, Parked, Wake};

/// Kernels are written for stacks of two to four pages. The rest is for what runs below them on the
/// host (name resolution by a component, a program's console).
const STACK: usize = 512 << 10;
/// How often, and how long apart, a thread is tried for when the host has too many at the moment.
const ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(10);

/// What a joiner waits for. It lives in the kernel's memory.
#[repr(C)]
pub(crate) struct Joinable {
    kind: AtomicU32,
    done: AtomicBool,
}

// SAFETY: new() sets the word, end() clears it.
unsafe impl Object for Joinable {
    const KIND: u32 = 0x7468_7264;
    const KIND_AT: usize = offset_of!(Joinable, kind);
    const STRANGER: &str = "rumpuser: a thread is joined that is none, or was joined before";
}

impl Joinable {
    pub(crate) fn new() -> Self {
        Self {
            kind: AtomicU32::new(Self::KIND),
            done: AtomicBool::new(false),
        }
    }

    /// Makes it none.
    pub(crate) fn end(&self) {
        self.kind.store(0, Ordering::Relaxed);
    }

    /// Waits until the thread is at its end.
    pub(crate) fn wait(&self, parked: &Parked) -> Result<(), Dead> {
        while !self.done.load(Ordering::Acquire) {
            let pending = || !self.done.load(Ordering::Acquire);
            let key = ptr::from_ref(self).addr();
            if parked.park(key, pending, || {}, || {}, None) == Wake::Dead {
                return Err(Dead);
            }
        }
        Ok(())
    }
}

/// A thread's first function. Its result is nothing: it never returns.
pub(crate) type Function = unsafe extern "C" fn(*mut c_void) -> *mut c_void;

/// The thread's first function and what it is given.
#[derive(Clone, Copy)]
pub(crate) struct Start {
    pub(crate) function: Function,
    pub(crate) argument: *mut c_void,
    /// Whoever joins the thread waits for it.
    pub(crate) joinable: Option<Handle<Joinable>>,
}

// SAFETY: the argument is the kernel's, meant for the new thread; the joinable is atomic and stays
// until somebody has joined.
unsafe impl Send for Start {}

impl Start {
    fn run(self, instance: &Instance) {
        unsafe extern "C" fn begin(start: *mut c_void) {
            // SAFETY: run() passes itself.
            let start = unsafe { &*start.cast::<Start>() };
            // SAFETY: whoever asked for the thread passed a function and its argument.
            unsafe { (start.function)(start.argument) };
        }

        instance.memory.fill.stack();
        // SAFETY: begin() gets what it expects. The function is the kernel's, or one of this crate
        // that keeps the rule of the module upcall.
        unsafe { instance.run_thread(begin, (&raw const self).cast_mut().cast()) };
        if let Some(joinable) = self.joinable {
            let address = joinable.address();
            // SAFETY: nobody has joined, for it is not done.
            unsafe { (*address).done.store(true, Ordering::Release) };
            instance.parked.unpark_all(address.addr());
        }
    }
}

impl Instance {
    /// Starts a thread of this kernel. `Err` with NetBSD's number.
    fn start_thread(&self, name: &str, start: Start) -> Result<(), c_int> {
        let Some(instance) = self.this.upgrade() else {
            // Its last owner is letting go of it.
            return Err(from_host(libc::ESRCH));
        };
        let ticket = self.parked.ticket();
        let theirs = ticket.clone();
        self.threads.start(name, STACK, move || {
            match theirs {
                Some(ticket) => ticket.run(|| start.run(&instance)),
                None => start.run(&instance),
            }
            instance.threads.ended();
        })?;
        if let Some(ticket) = ticket {
            ticket.queue();
        }
        Ok(())
    }

    /// Starts a thread of this kernel that nobody joins. `Err` with NetBSD's number.
    pub(crate) fn start_detached(
        &self,
        name: &str,
        function: Function,
        argument: *mut c_void,
    ) -> Result<(), c_int> {
        self.start_thread(
            name,
            Start {
                function,
                argument,
                joinable: None,
            },
        )
    }

    /// Tries to start a thread, several times if the host has none to give.
    pub(crate) fn create_thread(&self, name: &CStr, start: Start) -> Result<(), c_int> {
        const AGAIN: c_int = 35;
        let name = name.to_string_lossy();
        if name == Memory::PAGE_DAEMON {
            self.memory.can_wait();
        }
        let mut attempts = 1;
        loop {
            if self.faults().strikes(Fault::Thread) {
                return Err(AGAIN);
            }
            match self.start_thread(&name, start) {
                Err(AGAIN) if attempts < ATTEMPTS => thread::sleep(PAUSE),
                result => return result,
            }
            attempts += 1;
        }
    }
}
