//! Keeping a kernel's accidents inside: where its code lies, how it is ended by force, and how its
//! threads are brought out.

use std::ffi::c_void;
use std::io;
use std::ops::Range;
use std::process;
use std::ptr;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::backtrace::{Backtrace, Code, Trace};
use super::{Death, DeathKind, Instance, Visitor, with_current};
use crate::host::accident;

/// Threads leave a dead kernel by themselves within so much time, unless they loop in its code or
/// wait for the host.
const GRACE: Duration = Duration::from_millis(10);
/// They are interrupted this often: one that was about to make a system call misses it.
const PAUSE: Duration = Duration::from_millis(5);
/// A thread that has not got its signal in so much time has blocked it.
const DELIVERY: Duration = Duration::from_millis(500);
/// How often it is looked whether the program's threads have left.
const POLL: Duration = Duration::from_micros(100);

/// Why the hypercalls cannot go on.
#[derive(Clone, Copy, Debug)]
struct Reason {
    kind: DeathKind,
    message: &'static str,
}

unsafe extern "C" {
    fn rumpuser_posix_give_up(reason: *const c_void) -> !;
}

/// The rest of [`Instance::give_up`], from the C part, which knows its frame. The kernel's frames
/// are found from there if the compiler has left alone the register that points to them.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_posix_gave_up(reason: *const c_void, frame: *const c_void) -> ! {
    // SAFETY: give_up() passes a reason, and waits.
    let Reason { kind, message } = unsafe { *reason.cast::<Reason>() };
    with_current(|instance| {
        let instance = instance.unwrap_or_else(|| process::abort());
        let tell = || {
            // Here, for a sink of the program's may allocate.
            if kind == DeathKind::Panic {
                instance.console.print(message.as_bytes());
                instance.console.print(b"\n");
            }
            Death {
                kind,
                backtrace: Arc::new(instance.backtrace(frame.addr())),
                ..Death::panic(message)
            }
        };
        instance.die(instance.reserve.death(kind, tell));
        instance.leave()
    })
}

impl Instance {
    /// Makes faults in this kernel's code, which is linked into the program at `code`, the kernel's
    /// death ([`DeathKind::Fault`](crate::DeathKind::Fault)), and lets deaths have a backtrace.
    ///
    /// The signals SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGTRAP are taken for the life of the
    /// process, the first time that any instance asks for this. All that is not a fault in the code
    /// of the kernel that a thread is in goes to the handlers that were there before, Rust's own
    /// included, with the flags and masks that they asked for, except that they run on the
    /// alternate stack if the thread has one. A handler that the program installs later comes
    /// first; it contains the kernel only if it calls the one that was there before.
    ///
    /// Call this before threads enter instances: a thread that enters its first gets these signals
    /// unblocked, for a fault whose signal is blocked ends the process, and an alternate stack if
    /// it has none, as those of C programs. Nothing is looked at later: what a thread blocks after
    /// its first entry is not contained in it.
    ///
    /// On Linux the real-time signal with the highest number that is unused is taken, too, for
    /// [`join_threads`](Self::join_threads).
    ///
    /// That contains accidents, not attackers: memory that the kernel has damaged before stays
    /// damaged.
    ///
    /// # Errors
    ///
    /// What sigaction(2) says; no system is known where that happens.
    ///
    /// # Safety
    ///
    /// `code` holds code of this kernel only, which follows the rules for functions that
    /// [`enter`](Self::enter) calls: it may be left by a jump at any instruction.
    pub unsafe fn contain(&self, code: Range<usize>) -> io::Result<()> {
        self.contain_code(Code::linked(code))
    }

    /// The same, for a kernel wherever it is.
    pub(crate) fn contain_code(&self, code: Code) -> io::Result<()> {
        accident::install(super::accident::take)?;
        // Told twice, the code is where it was.
        let _ = self.code.set(code);
        Ok(())
    }

    /// The kernel's frames from the one at `frame` on, which is of a C function on the calling
    /// thread's stack that is still running.
    pub(crate) fn backtrace(&self, frame: usize) -> Backtrace {
        let (Some(code), Some(end)) = (self.code.get(), self.landing()) else {
            return Backtrace::default();
        };
        let trace = Trace::new();
        // On some machines what a frame holds lies below the address that it goes by.
        let here = (&raw const trace).addr();
        // SAFETY: between a frame that is running and that of the landing, which is older, lies
        // nothing but the stack.
        unsafe { trace.walk(frame, &(here..end), &code.range) };
        Backtrace::of_calls(code, &trace)
    }

    /// Ends the kernel because the hypercalls cannot go on, and leaves it.
    pub(crate) fn fail(&self, reason: &'static str) -> ! {
        self.give_up(&Reason {
            kind: DeathKind::Panic,
            message: reason,
        })
    }

    /// Ends the kernel because there is no stack for a hypercall, and leaves it.
    #[cold]
    pub(super) fn overflow(&self) -> ! {
        self.give_up(&Reason {
            kind: DeathKind::Fault,
            message: "stack overflow in a hypercall",
        })
    }

    fn give_up(&self, reason: &Reason) -> ! {
        // SAFETY: it calls gave_up(), below, with the reason.
        unsafe { rumpuser_posix_give_up(ptr::from_ref(reason).cast()) }
    }

    /// Ends the kernel at once, as a loss of power would: nothing is synced or unmounted. Calls in
    /// it return this death ([`DeathKind::Killed`](crate::DeathKind::Killed)), with `reason` as its
    /// message, as soon as they make a hypercall; [`join_threads`](Self::join_threads) interrupts
    /// those that make none. Nothing happens to a kernel that is dead already.
    ///
    /// May be called from any thread, also one that is inside.
    pub fn kill(&self, reason: &str) {
        if !self.parked.is_dead() {
            self.die(Death::killed(reason));
        }
    }

    /// Whether this kernel belongs to a process that this one was forked from. It is dead here
    /// ([`DeathKind::Forked`](crate::DeathKind::Forked)), whatever becomes of it there; nothing
    /// that it has is given back, since that is the parent's to do, and some of it is shared with
    /// the parent.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        self.parked.is_foreign()
    }

    /// Waits until all threads that the kernel started have ended, at most for `timeout`. Whether
    /// they have.
    ///
    /// They end after its death, at their next hypercall. Of a dead kernel the program's threads
    /// are waited for, too, until they have left it; and threads that stay are interrupted, with a
    /// signal (a real-time one that was unused, or SIGSEGV where there is none): one that loops in
    /// the kernel's code leaves it, one that waits in a system call of the host's comes back with
    /// EINTR. That needs a kernel whose code is [known](Self::contain), a thread that has not
    /// blocked that signal since it entered its first kernel, and that no other handler for it has
    /// been installed since. Where all that stay cannot be interrupted, a wait that has a `timeout`
    /// is over after half a second.
    ///
    /// Called on a thread that is inside the kernel it does not wait.
    pub fn join_threads(&self, timeout: Option<Duration>) -> bool {
        if self.parked.is_foreign() {
            return false;
        }
        if self.is_inside() {
            return self.threads.join(Some(Duration::ZERO));
        }
        if !self.parked.is_dead() {
            return self.aside(|| self.threads.join(timeout));
        }
        self.at_rest(|| self.vacate(timeout))
    }

    /// Brings all threads out of this dead kernel.
    fn vacate(&self, timeout: Option<Duration>) -> bool {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        let mut wait = GRACE;
        let mut delivered = Instant::now();
        loop {
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            if self.is_vacated(left.map_or(wait, |left| left.min(wait))) {
                return true;
            }
            if left.is_some_and(|left| left.is_zero()) {
                return false;
            }
            if Visitor::interrupt(self) {
                delivered = Instant::now();
            } else if deadline.is_some() && delivered.elapsed() > DELIVERY {
                return false;
            }
            wait = PAUSE;
        }
    }

    /// Whether nobody is in this dead kernel, after at most so much time.
    fn is_vacated(&self, within: Duration) -> bool {
        let begin = Instant::now();
        if !self.threads.join(Some(within)) {
            return false;
        }
        while self.inside() != 0 {
            if begin.elapsed() >= within {
                return false;
            }
            thread::sleep(POLL);
        }
        true
    }
}
