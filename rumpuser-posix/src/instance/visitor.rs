//! The threads that come into kernels, so that they can be taken out of dead ones.
//!
//! A thread is known from the first time it enters a kernel until its end. Where it is it notes
//! itself, in a word of its own, at each entry; who wants to interrupt the threads of a dead kernel
//! reads those words.

use std::cell::Cell;
use std::ffi::c_void;
use std::ops::Range;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use parking_lot::Mutex;

use super::Instance;
use crate::host;
use crate::host::accident::{self, AlternateStack};
use crate::host::fork;
use crate::host::room;
use crate::table::Table;

/// A thread that has been in a kernel.
#[derive(Debug)]
pub(crate) struct Visitor {
    thread: libc::pthread_t,
    /// The address of the instance that it entered last and is in.
    place: AtomicUsize,
    /// A signal has been sent to it, and has not arrived yet.
    interrupted: AtomicBool,
    /// The process that it belongs to.
    generation: u32,
    /// The end of its stack, where hypercalls may not fit.
    margin: Range<usize>,
    _stack: Option<AlternateStack>,
}

// SAFETY: a thread can be sent a signal, and its stack be a stack, whoever holds their names. What
// must be done by the thread itself, giving back the stack, end() does.
unsafe impl Send for Visitor {}

/// By address. Who finds a thread here with the lock held can send it a signal: it takes itself out
/// before it ends.
static VISITORS: Mutex<Option<Table<Box<Visitor>>>> = Mutex::new(None);
/// How many were there when the last one came.
static KNOWN: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    // Constant and without destructor: signal handlers and destructors of thread-locals read it.
    static THIS: Cell<*const Visitor> = const { Cell::new(ptr::null()) };
}

impl Visitor {
    /// Passes the calling thread to `f`, which cannot keep it. `None` when the host cannot tell of
    /// the thread's end: then nobody can interrupt it.
    pub(crate) fn with_this<R>(f: impl FnOnce(Option<&Self>) -> R) -> R {
        let this = match THIS.get() {
            unknown if unknown.is_null() => Self::register().unwrap_or(ptr::null()),
            known => known,
        };
        // SAFETY: null, or a visitor that is removed at the end of this thread, which is in `f`.
        f(unsafe { this.as_ref() })
    }

    #[cold]
    fn register() -> Option<*const Self> {
        // A fault with its signal blocked would end the process. Whoever blocks it later is not met
        // here: asking at each entry would take a system call.
        if accident::is_installed() {
            accident::unblock();
        }
        let key = key()?;
        room::with(Self::memory(), || Self::insert(key)).flatten()
    }

    fn insert(key: libc::pthread_key_t) -> Option<*const Self> {
        prepare_to_wait();
        let visitor = Box::new(Self {
            // SAFETY: no conditions.
            thread: unsafe { libc::pthread_self() },
            place: AtomicUsize::new(0),
            interrupted: AtomicBool::new(false),
            generation: fork::generation(),
            margin: margin(),
            _stack: accident::is_installed()
                .then(AlternateStack::of_this_thread)
                .flatten(),
        });
        let place = ptr::from_ref(&*visitor);
        // SAFETY: the key was made for this, and the value is what end() expects.
        if unsafe { libc::pthread_setspecific(key, place.cast()) } != 0 {
            return None;
        }
        let mut visitors = VISITORS.lock();
        let visitors = visitors.get_or_insert_default();
        if visitors.try_reserve(1).is_err() {
            // SAFETY: as above.
            unsafe { libc::pthread_setspecific(key, ptr::null()) };
            return None;
        }
        visitors.insert(place.addr(), visitor);
        KNOWN.store(visitors.len(), Ordering::Relaxed);
        THIS.set(place);
        Some(place)
    }

    /// The memory that one more takes, in bytes.
    fn memory() -> usize {
        room::FOR_THREAD + KNOWN.load(Ordering::Relaxed) * WAITING
    }

    /// Returns whether the host has memory for one more.
    pub(crate) fn has_memory() -> bool {
        room::has(Self::memory())
    }

    /// Whether an address on the thread's stack is at its very end.
    pub(crate) fn is_near_end(&self, address: usize) -> bool {
        self.margin.contains(&address)
    }

    /// Notes that the thread is in this kernel now.
    pub(super) fn enter(&self, instance: &Instance) {
        self.place
            .store(ptr::from_ref(instance).addr(), Ordering::Relaxed);
    }

    /// Notes that the thread has left the kernel, for the one from which it had entered that.
    pub(super) fn leave(&self, outer: Option<&Instance>) {
        let place = outer.map_or(0, |outer| ptr::from_ref(outer).addr());
        self.place.store(place, Ordering::Release);
    }

    /// How many threads are in this kernel, and not in another that they have entered from there.
    pub(super) fn count(instance: &Instance) -> usize {
        let place = ptr::from_ref(instance).addr();
        let visitors = VISITORS.lock();
        let places = visitors.iter().flat_map(Table::values);
        places
            .filter(|visitor| visitor.place.load(Ordering::Acquire) == place)
            .count()
    }

    /// Sends a signal to all threads that are in this dead kernel. Those in its code leave it; host
    /// system calls come back with EINTR; nothing happens to the others. A thread that has not got
    /// the one before gets none. Returns whether one was sent.
    pub(crate) fn interrupt(instance: &Instance) -> bool {
        if !accident::can_interrupt() {
            return false;
        }
        let mut sent = false;
        let place = ptr::from_ref(instance).addr();
        for visitor in VISITORS.lock().iter().flat_map(Table::values) {
            if visitor.place.load(Ordering::Relaxed) == place
                && !visitor.interrupted.swap(true, Ordering::SeqCst)
            {
                // SAFETY: the thread has not ended, for it is in the table.
                unsafe { libc::pthread_kill(visitor.thread, accident::interrupt()) };
                sent = true;
            }
        }
        sent
    }

    /// Whether the calling thread has been sent such a signal. Once for each. For signal handlers.
    pub(crate) fn was_interrupted() -> bool {
        // SAFETY: as in with_this().
        unsafe { THIS.get().as_ref() }
            .is_some_and(|visitor| visitor.interrupted.swap(false, Ordering::SeqCst))
    }

    /// Lets the calling thread be a new one, in a child that was forked.
    pub(crate) fn forget() {
        THIS.set(ptr::null());
    }
}

/// What the queues in which threads wait grow by for each, at most, in bytes.
const WAITING: usize = 1 << 10;

/// Has the calling thread its place among those that wait, which takes memory once.
fn prepare_to_wait() {
    let key = ptr::from_ref(&VISITORS).addr();
    // SAFETY: nobody waits with this key that does not also look at the lock, and nobody waits
    // here: there is nothing to wait for.
    unsafe {
        parking_lot_core::park(
            key,
            || false,
            || {},
            |_, _| {},
            parking_lot_core::DEFAULT_PARK_TOKEN,
            None,
        );
    }
}

/// Enough for a hypercall, and for a console of the program's that does not do much.
const MARGIN: usize = 32 << 10;

/// The end of the calling thread's stack. Nothing of a small stack is kept free that its kernel may
/// need, and nothing where the host does not tell.
fn margin() -> Range<usize> {
    let stack = host::stack().unwrap_or_default();
    stack.start..stack.start + MARGIN.min(stack.len() / 4)
}

fn key() -> Option<libc::pthread_key_t> {
    static KEY: OnceLock<Option<libc::pthread_key_t>> = OnceLock::new();
    *KEY.get_or_init(|| {
        let mut key = 0;
        // SAFETY: `key` is a place for the result; end() takes what register() sets.
        (unsafe { libc::pthread_key_create(&mut key, Some(end)) } == 0).then_some(key)
    })
}

/// Runs at the end of a thread; once more if it enters a kernel after that.
extern "C" fn end(visitor: *mut c_void) {
    let visitor = visitor.cast_const().cast::<Visitor>();
    // SAFETY: the value was set by register(), and the visitor is removed below, or never.
    if unsafe { (*visitor).generation } != fork::generation() {
        // Of the parent's, whose table may have been locked when it forked.
        return;
    }
    let removed = VISITORS
        .lock()
        .as_mut()
        .and_then(|visitors| visitors.remove(&visitor.addr()));
    // No more signals are sent. One that was arrives at once, unless the program blocks it, and is
    // known for what it is while the thread is known.
    for _ in 0..PATIENCE {
        if !removed
            .as_ref()
            .is_some_and(|this| this.interrupted.load(Ordering::SeqCst))
        {
            break;
        }
        thread::yield_now();
    }
    THIS.set(ptr::null());
    drop(removed);
}

/// How often the end of a thread looks whether a signal has arrived.
const PATIENCE: u32 = 1000;
