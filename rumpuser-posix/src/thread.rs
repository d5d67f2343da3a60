//! `rumpuser_thread_create`, `rumpuser_thread_exit`, `rumpuser_thread_join`: the kernel's threads.
//!
//! Each is a host thread that enters the kernel at its first function and never returns from it: it
//! ends by `rumpuser_thread_exit`, or because the kernel is dead, both by a jump to where it
//! entered. A joinable one has a cookie, which is good for one join. Priority and CPU are hints
//! that are not taken: the kernel schedules its threads on its virtual CPUs itself.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::mem::offset_of;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use crate::access::{self, Object};
use crate::errno::{from_host, from_io};
use crate::fault::Fault;
use crate::hostthread::HostThread;
use crate::instance::{Dead, Instance, Wake, caller};
use crate::memory::Memory;

/// Kernels are written for stacks of two to four pages. The rest is for what runs below them on the
/// host (name resolution by a component, a program's console).
const STACK: usize = 512 << 10;
/// How often, and how long apart, a thread is tried for when the host has too many at the moment.
const ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(10);

#[derive(Debug, Default)]
struct State {
    live: usize,
    handles: Vec<HostThread>,
}

/// The threads that one kernel has started.
#[derive(Debug, Default)]
pub(crate) struct Threads {
    state: Mutex<State>,
    ended: Condvar,
}

impl Threads {
    pub(crate) fn live(&self) -> usize {
        self.state.lock().live
    }

    /// Lets go of the threads of another process.
    pub(crate) fn forget(&mut self) {
        // They are not here to be detached.
        std::mem::forget(std::mem::take(&mut self.state.get_mut().handles));
    }

    /// Whether all have ended, after waiting for that at most for `timeout`.
    pub(crate) fn join(&self, timeout: Option<Duration>) -> bool {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut state = self.state.lock();
        while state.live > 0 {
            match deadline {
                Some(deadline) => {
                    if self.ended.wait_until(&mut state, deadline).timed_out() && state.live > 0 {
                        return false;
                    }
                }
                None => self.ended.wait(&mut state),
            }
        }
        let handles = std::mem::take(&mut state.handles);
        drop(state);
        for handle in handles {
            // They are at their very end.
            handle.join();
        }
        true
    }
}

/// What a joiner waits for. It lives in the kernel's memory.
#[repr(C)]
struct Joinable {
    kind: AtomicU32,
    done: AtomicBool,
}

// SAFETY: the word is set where one is made, and cleared where it has been joined.
unsafe impl Object for Joinable {
    const KIND: u32 = 0x7468_7264;
    const KIND_AT: usize = offset_of!(Joinable, kind);
    const STRANGER: &str = "rumpuser: a thread is joined that is none, or was joined before";
}

/// A thread's first function. Its result is nothing: it never returns.
pub(crate) type Function = unsafe extern "C" fn(*mut c_void) -> *mut c_void;

/// The thread's first function and what it is given.
#[derive(Clone, Copy)]
struct Start {
    function: Function,
    argument: *mut c_void,
    joinable: *mut Joinable,
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
        if !self.joinable.is_null() {
            // SAFETY: nobody has joined, for it is not done.
            unsafe { (*self.joinable).done.store(true, Ordering::Release) };
            instance.parked.unpark_all(self.joinable.addr());
        }
    }
}

impl Instance {
    /// Starts a thread of this kernel. `Err` with NetBSD's number.
    fn start(&self, name: &str, start: Start) -> Result<(), c_int> {
        let Some(instance) = self.this.upgrade() else {
            // Its last owner is letting go of it.
            return Err(from_host(libc::ESRCH));
        };
        let ticket = self.parked.ticket();
        let theirs = ticket.clone();
        let mut state = self.threads.state.lock();
        // Dropping a handle lets go of the thread.
        state.handles.retain(|handle| !handle.is_finished());
        if state.handles.try_reserve(1).is_err() {
            return Err(from_host(libc::ENOMEM));
        }
        let started = HostThread::start(name, STACK, move || {
            match theirs {
                Some(ticket) => ticket.run(|| start.run(&instance)),
                None => start.run(&instance),
            }
            let mut state = instance.threads.state.lock();
            state.live -= 1;
            instance.threads.ended.notify_all();
            drop(state);
        });
        match started {
            Ok(handle) => {
                state.live += 1;
                state.handles.push(handle);
                drop(state);
                if let Some(ticket) = ticket {
                    ticket.queue();
                }
                Ok(())
            }
            Err(error) => Err(from_io(&error)),
        }
    }

    /// Starts a thread of this kernel that nobody joins. `Err` with NetBSD's number.
    pub(crate) fn start_detached(
        &self,
        name: &str,
        function: Function,
        argument: *mut c_void,
    ) -> Result<(), c_int> {
        self.start(
            name,
            Start {
                function,
                argument,
                joinable: ptr::null_mut(),
            },
        )
    }

    fn wait_for(&self, joinable: &Joinable) -> Result<(), Dead> {
        while !joinable.done.load(Ordering::Acquire) {
            let key = ptr::from_ref(joinable).addr();
            let pending = || !joinable.done.load(Ordering::Acquire);
            if self.parked.park(key, pending, || {}, || {}, None) == Wake::Dead {
                return Err(Dead);
            }
        }
        Ok(())
    }

    /// Tries to start a thread, several times if the host has none to give.
    fn create(&self, name: &CStr, start: Start) -> Result<(), c_int> {
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
            match self.start(&name, start) {
                Err(AGAIN) if attempts < ATTEMPTS => thread::sleep(PAUSE),
                result => return result,
            }
            attempts += 1;
        }
    }
}

/// Starts a thread, and stores a cookie if it is to be joined.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_thread_create(
    function: Function,
    argument: *mut c_void,
    name: *const c_char,
    joinable: c_int,
    _priority: c_int,
    _cpu: c_int,
    cookie: *mut *mut c_void,
) -> c_int {
    let instance = &*caller();
    let name = if name.is_null() {
        c"rump"
    } else {
        // SAFETY: the kernel passes a string.
        unsafe { access::string(name) }
    };
    let joinable = if joinable == 0 {
        ptr::null_mut()
    } else {
        instance.place(Joinable {
            kind: AtomicU32::new(Joinable::KIND),
            done: AtomicBool::new(false),
        })
    };
    let start = Start {
        function,
        argument,
        joinable,
    };
    match instance.create(name, start) {
        Ok(()) => {
            if !joinable.is_null() {
                // SAFETY: the kernel passes a place for the cookie of a thread to be joined.
                unsafe { access::store(cookie, joinable.cast()) };
            }
            0
        }
        Err(error) => {
            if !joinable.is_null() {
                // SAFETY: a place of ours that nobody knows of.
                unsafe { instance.memory.discard(joinable) };
            }
            error
        }
    }
}

/// Ends the calling thread. It has given up its CPU and lwp.
#[unsafe(no_mangle)]
extern "C-unwind" fn rumpuser_thread_exit() -> ! {
    caller().leave_alone()
}

/// Ends a thread that belongs to a C program.
pub(crate) fn end_foreign() -> ! {
    unsafe extern "C-unwind" {
        fn pthread_exit(value: *mut c_void) -> !;
    }
    // SAFETY: below are frames of the program and of the kernel, in C, and of this crate without
    // destructors.
    unsafe { pthread_exit(ptr::null_mut()) }
}

/// Waits for a thread to end, without CPU.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_thread_join(cookie: *mut c_void) -> c_int {
    let instance = &*caller();
    // SAFETY: a cookie is from rumpuser_thread_create, and is used once.
    let joinable = unsafe { instance.object(cookie.cast::<Joinable>()) };
    let locks = instance.unschedule(ptr::null_mut());
    if instance.wait_for(joinable).is_err() {
        instance.leave();
    }
    joinable.kind.store(0, Ordering::Relaxed);
    // SAFETY: the thread is done with it.
    unsafe { instance.memory.discard(cookie.cast::<Joinable>()) };
    instance.schedule(locks, ptr::null_mut());
    0
}
