//! Threads of the host's, made by hand.
//!
//! Those of Rust's standard library want a signal stack at their very beginning, and end the
//! process when the host has no memory for it: so it would end when one kernel too many boots.
//! These want nothing of the host that is not asked for when they are made.

use std::ffi::{CString, c_void};
use std::io;
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::host;
use crate::host::room;

/// A thread, let go of when dropped.
#[derive(Debug)]
pub struct HostThread {
    thread: libc::pthread_t,
    finished: Arc<AtomicBool>,
}

// SAFETY: a thread can be joined or detached by any other.
unsafe impl Send for HostThread {}
// SAFETY: what is done by reference is reading an atomic.
unsafe impl Sync for HostThread {}

/// What a thread is given.
struct Main<F> {
    name: CString,
    function: F,
    finished: Arc<AtomicBool>,
}

impl HostThread {
    /// Starts a thread that runs `function`, in which a panic aborts the process. `stack` is in
    /// bytes.
    ///
    /// # Errors
    ///
    /// The host's, when it has no thread or no memory for its stack.
    pub fn start<F>(name: &str, stack: usize, function: F) -> io::Result<Self>
    where
        F: FnOnce() + Send + 'static,
    {
        let prepare = || {
            let finished = Arc::new(AtomicBool::new(false));
            let main = Box::new(Main {
                name: CString::new(name).unwrap_or_default(),
                function,
                finished: Arc::clone(&finished),
            });
            (finished, main)
        };
        let prepared = room::with(room::FOR_THREAD + size_of::<Main<F>>(), prepare);
        let (finished, main) =
            prepared.ok_or_else(|| io::Error::from_raw_os_error(libc::ENOMEM))?;
        let thread = create::<F>(stack, main).map_err(io::Error::from_raw_os_error)?;
        Ok(Self { thread, finished })
    }

    /// Whether the function has returned.
    pub(crate) fn is_finished(&self) -> bool {
        self.finished.load(Ordering::Acquire)
    }

    /// Waits until the thread is no more.
    pub(crate) fn join(self) {
        let this = ManuallyDrop::new(self);
        // SAFETY: the thread is neither detached nor joined, which takes its only handle. An error
        // would mean that it joins itself, and nothing comes of it.
        let _ = unsafe { libc::pthread_join(this.thread, ptr::null_mut()) };
        // SAFETY: the handle is not used any more.
        drop(unsafe { ptr::read(&raw const this.finished) });
    }
}

impl Drop for HostThread {
    fn drop(&mut self) {
        // SAFETY: the thread is neither detached nor joined; see join().
        unsafe { libc::pthread_detach(self.thread) };
    }
}

/// `Err` with the host's errno.
fn create<F: FnOnce()>(stack: usize, main: Box<Main<F>>) -> Result<libc::pthread_t, i32> {
    extern "C" fn run<F: FnOnce()>(main: *mut c_void) -> *mut c_void {
        // SAFETY: create() passes a box of this type, and lets go of it.
        let main = unsafe { Box::from_raw(main.cast::<Main<F>>()) };
        host::name_thread(&main.name);
        (main.function)();
        main.finished.store(true, Ordering::Release);
        ptr::null_mut()
    }

    if !room::has_room_beside(stack) {
        return Err(libc::EAGAIN);
    }
    let check = |error| if error == 0 { Ok(()) } else { Err(error) };
    let mut attributes = MaybeUninit::uninit();
    let mut thread = MaybeUninit::uninit();
    // SAFETY: the attributes are set up before they are used and destroyed; the box is run()'s if
    // there is a thread, and this function's if there is none.
    unsafe {
        check(libc::pthread_attr_init(attributes.as_mut_ptr()))?;
        let main = Box::into_raw(main);
        let outcome = check(libc::pthread_attr_setstacksize(
            attributes.as_mut_ptr(),
            stack,
        ))
        .and_then(|()| {
            check(libc::pthread_create(
                thread.as_mut_ptr(),
                attributes.as_ptr(),
                run::<F>,
                main.cast(),
            ))
        });
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        if outcome.is_err() {
            drop(Box::from_raw(main));
        }
        outcome.map(|()| thread.assume_init())
    }
}

/// How much of the calling thread's stack is left, in bytes. `None` where the host does not tell.
#[must_use]
pub fn stack_left() -> Option<usize> {
    let here = 0_u8;
    let here = (&raw const here).addr();
    let stack = host::stack()?;
    (stack.contains(&here)).then(|| here - stack.start)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::HostThread;

    #[test]
    fn a_thread_runs_and_is_joined() {
        let (sender, receiver) = mpsc::channel();
        let thread = HostThread::start("with a name that is too long", 256 << 10, move || {
            sender.send(7).unwrap();
        });
        let thread = thread.unwrap();
        assert_eq!(receiver.recv(), Ok(7));
        thread.join();
        // What it was given is gone with it.
        assert!(receiver.recv().is_err());
        assert!(HostThread::start("small", 1, || ()).is_err());
    }
}
