//! Which lwp of the kernel the calling thread is.
//!
//! A thread that uses several kernels is a lwp in each. The one of the kernel it used last is in a
//! thread-local; the others are kept with their kernels, and looked up when the thread comes back.
//! A loaded kernel may be gone when the thread turns to another, so its table is always right; the
//! linked-in kernel's, which stays, is brought up to date when the thread turns away.
//!
//! The same lwp is in a thread-local word of C's (`shim/lwp.c`), where loaded kernels find it
//! without asking, and locks that nobody waits for. The linked-in kernel has a word of its own.

use std::cell::Cell;
#[cfg(feature = "instances")]
use std::ffi::c_int;
use std::ptr;

use super::Instance;
use crate::wait::Lwp;

// None of these has a destructor: the kernel is called from destructors of thread-locals.
thread_local! {
    static LWP: Cell<*mut Lwp> = const { Cell::new(ptr::null_mut()) };
    /// The instance that LWP belongs to.
    static OWNER: Cell<u64> = const { Cell::new(0) };
}

const NO_MEMORY: &str = "rumpuser: the host has no memory to note which lwp a thread is";

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
            && !linked.lwps.set(LWP.get())
        {
            linked.kill(NO_MEMORY);
        }
        let lwp = self.lwps.get();
        LWP.set(lwp);
        OWNER.set(self.id);
        // SAFETY: the word is this thread's, and the thread is in no other kernel: or its stay
        // there is interrupted by one here, after which it turns back.
        unsafe { rumpuser_posix_lwp_set(lwp) };
    }

    /// The lwp that the calling thread is in this kernel, null if none.
    pub(crate) fn lwp(&self) -> *mut Lwp {
        self.turn();
        LWP.get()
    }

    /// Makes the calling thread this lwp, or none. It has asked for its [`lwp`](Self::lwp) before.
    pub(crate) fn set_lwp(&self, lwp: *mut Lwp) {
        LWP.set(lwp);
        // SAFETY: the word is this thread's, which is in this kernel.
        unsafe { rumpuser_posix_lwp_set(lwp) };
        let is_linked = Self::linked_in().is_some_and(|linked| ptr::eq(linked, self));
        if !is_linked && !self.lwps.set(lwp) {
            self.fail(NO_MEMORY);
        }
    }
}
