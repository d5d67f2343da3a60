//! Threads in a kernel: which instance a thread is in, and how it gets out.

use std::cell::{Cell, UnsafeCell};
use std::ffi::c_void;
use std::mem::{self, MaybeUninit};
use std::ops::Deref;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::accident::{Accident, Room};
use super::{Death, DeathKind, Instance, Visitor, unentered};
use crate::host::barrier;
use crate::host::landing::{self, Landing};

/// One stay of a thread in a kernel, on that thread's stack.
pub(super) struct Entry<'a> {
    pub(super) instance: &'a Instance,
    /// Where the thread comes down when it has to leave. Null before and after it is in the kernel.
    pub(super) landing: Cell<Landing>,
    /// The kernel ended only this thread.
    exited: Cell<bool>,
    /// Why it had to leave, if that was a fault.
    pub(super) accident: Accident,
    /// For its frames.
    pub(super) room: Room,
    /// The thread, if it is known.
    visitor: Option<&'a Visitor>,
    previous: *const Entry<'static>,
}

impl Entry<'_> {
    /// Whether the thread has come so near to the end of its stack that a hypercall may not fit.
    /// There it would end the process: only the kernel's own code may run into the end.
    fn is_out_of_stack(&self) -> bool {
        let here = 0_u8;
        self.visitor
            .is_some_and(|visitor| visitor.is_near_end((&raw const here).addr()))
    }
}

thread_local! {
    // Constant and without destructor: hypercalls are made from destructors of thread-locals too.
    static INNERMOST: Cell<*const Entry<'static>> = const { Cell::new(ptr::null()) };
}

/// Passes the innermost entry of this thread to `f`, which cannot keep it.
pub(super) fn with_innermost<R>(f: impl FnOnce(Option<&Entry<'_>>) -> R) -> R {
    // SAFETY: the pointer is null, or was stored by stay_known(), which takes it back before its
    // frame ends; that frame is older than this one.
    f(unsafe { INNERMOST.get().as_ref() })
}

/// Passes the instance that this thread has entered, or else the linked-in kernel's if there is
/// one, to `f`, which cannot keep it.
pub(crate) fn with_current<R>(f: impl FnOnce(Option<&Instance>) -> R) -> R {
    with_innermost(|entry| match entry {
        Some(entry) => f(Some(entry.instance)),
        None => f(Instance::linked_in()),
    })
}

/// The instance that a hypercall is for, while the hypercall lasts.
///
/// It belongs to one thread. It has no destructor, for a hypercall may leave a dead kernel by a
/// jump; so it counts no reference, and is not to be kept where it outlives the hypercall's frame.
pub(crate) struct Caller(*const Instance);

impl Deref for Caller {
    type Target = Instance;

    fn deref(&self) -> &Instance {
        // SAFETY: caller() made this on the same thread, of an instance that stays for the life of
        // the process, or that an older frame has entered, which holds a reference to it.
        unsafe { &*self.0 }
    }
}

/// The instance that a hypercall is for. Does not return when that kernel is dead.
pub(crate) fn caller() -> Caller {
    with_innermost(|entry| {
        let instance = match entry {
            Some(entry) => entry.instance,
            None => Instance::implicit(),
        };
        if instance.parked.is_dead() {
            instance.leave();
        }
        if entry.is_some_and(Entry::is_out_of_stack) {
            instance.overflow();
        }
        Caller(instance)
    })
}

/// How a stay ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    /// The kernel is dead.
    Dead,
    /// The kernel ended only this thread.
    Exited,
    /// It never began: the host has no memory for one more thread.
    Refused,
}

/// Runs `function(argument)` as a stay in `instance`. `Err` when it had to leave.
///
/// # Safety
///
/// `argument` is what `function` expects; `function` does not unwind, and has no value with a
/// destructor while it is in the kernel.
unsafe fn stay(
    instance: &Instance,
    function: unsafe extern "C" fn(*mut c_void),
    argument: *mut c_void,
) -> Result<(), Left> {
    // SAFETY: passed on to the caller.
    Visitor::with_this(|visitor| unsafe { stay_known(instance, visitor, function, argument) })
}

/// # Safety
///
/// As for [`stay`].
unsafe fn stay_known(
    instance: &Instance,
    visitor: Option<&Visitor>,
    function: unsafe extern "C" fn(*mut c_void),
    argument: *mut c_void,
) -> Result<(), Left> {
    if visitor.is_none() && !Visitor::has_memory() {
        return Err(Left::Refused);
    }
    let entry = Entry {
        instance,
        landing: Cell::new(ptr::null_mut()),
        exited: Cell::new(false),
        accident: Accident::none(),
        room: UnsafeCell::new(MaybeUninit::uninit()),
        visitor,
        previous: INNERMOST.get(),
    };
    INNERMOST.set(ptr::from_ref(&entry).cast());
    // SAFETY: the frame of the entry before this one is older.
    let outer = unsafe { entry.previous.as_ref() }.map(|entry| entry.instance);
    if let Some(outer) = outer {
        outer.inside.add();
    }
    match visitor {
        Some(visitor) => visitor.enter(instance),
        None => instance.inside.add(),
    }
    let held = instance.parked.enter();
    // See Instance::inside().
    barrier::light();
    let returned = if instance.parked.is_dead() {
        false
    } else {
        instance.turn();
        // SAFETY: by the contract of this function; the slot is a cell in this frame.
        let returned = unsafe { landing::land(entry.landing.as_ptr(), function, argument) };
        entry.landing.set(ptr::null_mut());
        returned
    };
    if !returned && let (Some(signal), Some(code)) = (entry.accident.signal(), instance.code.get())
    {
        let tell = || entry.accident.death(&entry.room, signal, code);
        instance.die(instance.reserve.death(DeathKind::Fault, tell));
    }
    if instance.is_foreign() {
        // Other threads of the parent may have had the lock.
        mem::forget(held);
    } else {
        drop(held);
    }
    match visitor {
        Some(visitor) => visitor.leave(outer),
        None => instance.inside.remove(),
    }
    INNERMOST.set(entry.previous);
    if let Some(outer) = outer {
        outer.inside.remove();
        outer.turn();
    }
    if returned {
        Ok(())
    } else {
        Err(if entry.exited.get() {
            Left::Exited
        } else {
            Left::Dead
        })
    }
}

impl Instance {
    /// Runs `f`, which calls the kernel, with this as the thread's current instance.
    ///
    /// Returns what `f` returned; or how the kernel ended, when it was dead before, or died while
    /// `f` was in it, whichever thread killed it. Entries of several kernels nest; see also
    /// [`is_inside`](Self::is_inside).
    ///
    /// # Errors
    ///
    /// The kernel's [`Death`].
    ///
    /// # Safety
    ///
    /// A dead kernel is left by a jump that drops `f` where it stands. So while `f` calls the
    /// kernel, no value with a destructor may be alive in `f` or in a function that it calls: pass
    /// references and plain values in, take plain values out. (The bounds keep such values from
    /// being captured and returned; the body they cannot see.) `f` must keep the contracts of the
    /// kernel functions it calls, and must call no other kernel's. A panic in `f` aborts the
    /// process.
    pub unsafe fn enter<F, R>(&self, f: F) -> Result<R, Death>
    where
        F: FnOnce() -> R + Copy,
        R: Copy,
    {
        struct Call<F, R> {
            function: F,
            result: MaybeUninit<R>,
        }
        unsafe extern "C" fn run<F, R>(call: *mut c_void)
        where
            F: FnOnce() -> R + Copy,
        {
            let call = call.cast::<Call<F, R>>();
            // SAFETY: enter() passes a Call of these types, which it does not touch meanwhile.
            unsafe { (*call).result.write(((*call).function)()) };
        }

        let mut call = Call {
            function: f,
            result: MaybeUninit::uninit(),
        };
        // SAFETY: run() gets its Call; it cannot unwind, being extern "C"; the rest is the caller's
        // promise.
        match unsafe { stay(self, run::<F, R>, (&raw mut call).cast()) } {
            // SAFETY: run() returned, and so has written the result.
            Ok(()) => Ok(unsafe { call.result.assume_init() }),
            Err(Left::Refused) => Err(self.reserve.no_entry()),
            Err(left) => Err(match self.death() {
                Some(death) if left == Left::Dead => death,
                _ => Death::thread_exit("the kernel ended the calling thread"),
            }),
        }
    }

    /// Whether the calling thread is inside this kernel: in a function given to
    /// [`enter`](Self::enter), or on a thread of the kernel's own; that is, whether this is called
    /// back by the kernel, from a console sink for instance. Such a thread may hold a virtual CPU
    /// and must not enter the same kernel again; [`enter`](Self::enter) does not check.
    #[must_use]
    #[inline]
    pub fn is_inside(&self) -> bool {
        !INNERMOST.get().is_null() && self.is_entered()
    }

    fn is_entered(&self) -> bool {
        let mut place = INNERMOST.get();
        // SAFETY: as in with_innermost(); the previous entries' frames outlive the innermost's.
        while let Some(entry) = unsafe { place.as_ref() } {
            if ptr::eq(entry.instance, self) {
                return true;
            }
            place = entry.previous;
        }
        false
    }

    /// Where the calling thread, inside this kernel, comes down when it has to leave.
    pub(super) fn landing(&self) -> Option<usize> {
        with_innermost(|entry| {
            entry
                .filter(|entry| ptr::eq(entry.instance, self))
                .map(|entry| entry.landing.get().addr())
        })
    }

    /// Runs a thread of the kernel's from its first function to its end, whichever way it ends.
    ///
    /// # Safety
    ///
    /// As for [`stay`].
    pub(crate) unsafe fn run_thread(
        &self,
        function: unsafe extern "C" fn(*mut c_void),
        argument: *mut c_void,
    ) {
        // Returned, exited or dead: the thread is at its end.
        // SAFETY: by the contract of this function.
        if unsafe { stay(self, function, argument) } == Err(Left::Refused) {
            // The kernel counts on it.
            self.die(self.reserve.no_thread());
        }
    }

    /// Takes the calling thread out of this dead kernel, to where it entered. A thread that never
    /// entered (in a C program) has nowhere to go, and the process ends as with the C library.
    ///
    /// No frame of this crate above the entry may have a value with a destructor.
    pub(crate) fn leave(&self) -> ! {
        with_innermost(|entry| match entry {
            Some(entry) if ptr::eq(entry.instance, self) => {
                // SAFETY: the entry is this thread's innermost, so its land() is still running; the
                // frames above are as this function demands.
                unsafe { landing::jump(entry.landing.get()) }
            }
            _ => unentered::end_process(self),
        })
    }

    /// Takes the calling thread out of this kernel, which lives on.
    pub(crate) fn leave_alone(&self) -> ! {
        with_innermost(|entry| match entry {
            Some(entry) if ptr::eq(entry.instance, self) => {
                entry.exited.set(true);
                // SAFETY: as in leave().
                unsafe { landing::jump(entry.landing.get()) }
            }
            _ => unentered::end_thread(),
        })
    }
}

/// The stays in a kernel that its threads' [visitors](Visitor) do not tell of: of threads that are
/// not known, and of threads that have entered another kernel from within this one.
#[derive(Debug, Default)]
pub(crate) struct Inside(AtomicUsize);

impl Inside {
    fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn remove(&self) {
        self.0.fetch_sub(1, Ordering::Release);
    }
}

impl Instance {
    /// How many threads are inside this dead kernel.
    ///
    /// Entering is noted first and looks at the death flag afterwards; here the flag has been
    /// looked at, and between the two each has a [barrier]. So whoever enters too late to be
    /// counted sees the flag.
    pub(super) fn inside(&self) -> usize {
        barrier::heavy();
        self.inside.0.load(Ordering::Acquire) + Visitor::count(self)
    }
}
