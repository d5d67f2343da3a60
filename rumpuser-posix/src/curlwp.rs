//! `rumpuser_curlwpop`, `rumpuser_curlwp`: which lwp of the kernel the calling thread is.
//!
//! The kernel sets it when a thread gets a lwp and clears it when the thread gives it up; creation
//! and destruction of a lwp are announced too and need nothing here. A thread that uses several
//! kernels is a lwp in each. The one of the kernel it used last is in a thread-local; the others
//! are kept with their kernels, and looked up when the thread comes back. A loaded kernel may be
//! gone when the thread turns to another, so its table is always right; the linked-in kernel's,
//! which stays, is brought up to date when the thread turns away.
//!
//! Kernels know their current lwp without asking, from a thread-local word: the linked-in kernel
//! from one of its own, all loaded ones from one that they share (`shim/lwp.c`). They set it
//! themselves; here it is set when the thread turns to a loaded kernel.

use std::cell::Cell;
use std::ffi::c_int;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;

use crate::instance::{Instance, caller};
use crate::table::Table;
use crate::upcall::Lwp;

const CREATE: c_int = 0;
const DESTROY: c_int = 1;
const SET: c_int = 2;
const CLEAR: c_int = 3;

// None of these has a destructor: the kernel is called from destructors of thread-locals.
thread_local! {
    static LWP: Cell<*mut Lwp> = const { Cell::new(ptr::null_mut()) };
    /// The instance that LWP belongs to.
    static OWNER: Cell<u64> = const { Cell::new(0) };
    static THREAD: Cell<usize> = const { Cell::new(0) };
}

/// A number that no other thread of the process has or had (on a 32-bit machine: of the last four
/// thousand million).
pub(crate) fn thread_id() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(1);
    let id = THREAD.get();
    if id != 0 {
        return id;
    }
    let id = NEXT.fetch_add(1, Ordering::Relaxed);
    THREAD.set(id);
    id
}

const NO_MEMORY: &str = "rumpuser: the host has no memory to note which lwp a thread is";

const SHARDS: usize = 8;

/// The lwps that threads are in one kernel, as addresses by thread.
#[derive(Debug, Default)]
pub(crate) struct Bindings {
    threads: [Mutex<Table<usize>>; SHARDS],
}

impl Bindings {
    fn shard(&self, thread: usize) -> &Mutex<Table<usize>> {
        &self.threads[thread % SHARDS]
    }

    fn get(&self) -> *mut Lwp {
        let thread = thread_id();
        let lwp = self.shard(thread).lock().get(&thread).copied();
        lwp.unwrap_or(0) as *mut Lwp
    }

    /// False when the host has no memory for it.
    fn set(&self, lwp: *mut Lwp) -> bool {
        let thread = thread_id();
        let mut threads = self.shard(thread).lock();
        if lwp.is_null() {
            threads.remove(&thread);
        } else if threads.try_reserve(1).is_ok() {
            threads.insert(thread, lwp as usize);
        } else {
            return false;
        }
        true
    }
}

unsafe extern "C" {
    #[cfg(feature = "instances")]
    fn rumpuser_posix_lwp_offset(offset: *mut isize) -> c_int;
    fn rumpuser_posix_lwp_set(lwp: *mut Lwp);
}

/// How far behind the thread pointer the current lwp of loaded kernels lies, in every thread.
/// `None` where thread-locals are of another kind.
#[cfg(feature = "instances")]
pub(crate) fn distance() -> Option<isize> {
    let mut offset = 0;
    // SAFETY: the place is right.
    (unsafe { rumpuser_posix_lwp_offset(&mut offset) } == 0).then_some(offset)
}

impl Instance {
    /// Makes the thread's current lwp the one that it is in this kernel, on the way into it.
    pub(crate) fn turn(&self) {
        if OWNER.get() != self.id {
            self.turn_from_another();
        }
    }

    #[cold]
    fn turn_from_another(&self) {
        if let Some(linked) = Self::linked_in()
            && linked.id == OWNER.get()
            && !linked.bindings.set(LWP.get())
        {
            linked.kill(NO_MEMORY);
        }
        let lwp = self.bindings.get();
        LWP.set(lwp);
        OWNER.set(self.id);
        if self.image.is_some() {
            // SAFETY: the word is this thread's, and the thread is in no other loaded kernel: or
            // its stay there is interrupted by one here, after which it turns back.
            unsafe { rumpuser_posix_lwp_set(lwp) };
        }
    }

    /// The lwp that the calling thread is in this kernel, null if none.
    pub(crate) fn lwp(&self) -> *mut Lwp {
        self.turn();
        LWP.get()
    }
}

/// Makes the calling thread the lwp, or ends that.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_curlwpop(operation: c_int, lwp: *mut Lwp) {
    let instance = &*caller();
    let lwp = match operation {
        SET if instance.lwp().is_null() => lwp,
        CLEAR if instance.lwp() == lwp => ptr::null_mut(),
        CREATE | DESTROY => return,
        _ => instance.fail("rumpuser: the kernel's and the host's idea of the current lwp differ"),
    };
    // Both arms that come here have asked for the lwp, so OWNER is this instance.
    LWP.set(lwp);
    let is_linked = Instance::linked_in().is_some_and(|linked| ptr::eq(linked, instance));
    if !is_linked && !instance.bindings.set(lwp) {
        instance.fail(NO_MEMORY);
    }
}

/// The lwp that the calling thread is, null if none.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_curlwp() -> *mut Lwp {
    caller().lwp()
}
