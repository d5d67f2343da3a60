//! A cooperative scheduler: threads are coroutines on stacks of their own, and all run on one host thread, by turns.
//!
//! A thread runs until it waits, in a [`WaitQueue`] or for a time. So nothing here is ever changed by two threads at
//! once, and locks are plain variables. A kernel needs no more: it never counts on being interrupted.
//!
//! Threads end without unwinding, because most of their frames are the kernel's. Whatever waits or ends must therefore
//! have nothing in its frames that wants to be dropped.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::ffi::c_int;
use std::io;
use std::ptr;
use std::time::Duration;

use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult, Yielder};
use rumpkernel_sys::lwp;

use crate::clock;
use crate::thread::Joinable;

/// NetBSD's own kernel stacks are far smaller; what the program's part of a thread needs comes on top.
const STACK: usize = 256 * 1024;

/// The index of a thread, used again when the thread has ended.
type ThreadId = usize;

/// What hypercalls keep for each thread.
#[derive(Clone, Copy)]
pub(crate) struct Local {
    /// Which thread of the kernel it is at present, or null.
    pub(crate) lwp: *mut lwp,
    /// The error number of its last failed system call.
    pub(crate) errno: c_int,
    /// What is shared with the thread that is going to join it, or null.
    pub(crate) joinable: *const Joinable,
}

struct Thread {
    /// Not here while it runs.
    coroutine: Option<Coroutine<(), (), ()>>,
    /// At the bottom of its stack, once it has started.
    yielder: *const Yielder<(), ()>,
    local: Local,
    /// Whether somebody woke it, rather than its deadline.
    woken: bool,
    is_ready: bool,
    has_ended: bool,
}

thread_local! {
    static THREADS: RefCell<Vec<Option<Thread>>> = const { RefCell::new(Vec::new()) };
    static READY: RefCell<VecDeque<ThreadId>> = const { RefCell::new(VecDeque::new()) };
    static DEADLINES: RefCell<Vec<(Duration, ThreadId)>> = const { RefCell::new(Vec::new()) };
    static CURRENT: Cell<ThreadId> = const { Cell::new(usize::MAX) };
    static STOPPED: Cell<Option<c_int>> = const { Cell::new(None) };
}

/// Runs `first` as a thread, and all threads that come of it, until one calls [`stop`]. Gives the code that it stopped
/// with, or `None` when every thread waits for another one.
pub(crate) fn run(first: impl FnOnce() + 'static) -> io::Result<Option<c_int>> {
    spawn(first)?;
    let code = loop {
        if let Some(code) = STOPPED.get() {
            break Some(code);
        }
        wake_those_that_are_due();
        let next = READY.with_borrow_mut(VecDeque::pop_front);
        if let Some(id) = next {
            turn(id);
        } else if let Some(deadline) = first_deadline() {
            clock::idle_until(deadline);
        } else {
            break None;
        }
    };
    for thread in THREADS.take().into_iter().flatten() {
        end(thread.coroutine);
    }
    Ok(code)
}

/// Adds a thread, which runs when its turn comes.
///
/// # Errors
///
/// That of mapping its stack.
pub(crate) fn spawn(body: impl FnOnce() + 'static) -> io::Result<()> {
    let stack = DefaultStack::new(STACK)?;
    let coroutine = Coroutine::with_stack(stack, move |yielder: &Yielder<(), ()>, ()| {
        with_current(|thread| thread.yielder = yielder);
        body();
    });
    let thread = Thread {
        coroutine: Some(coroutine),
        yielder: ptr::null(),
        local: Local {
            lwp: ptr::null_mut(),
            errno: 0,
            joinable: ptr::null(),
        },
        woken: false,
        is_ready: false,
        has_ended: false,
    };
    let id = THREADS.with_borrow_mut(|threads| {
        let free = threads.iter().position(Option::is_none);
        let id = free.unwrap_or(threads.len());
        if free.is_none() {
            threads.push(None);
        }
        threads[id] = Some(thread);
        id
    });
    make_ready(id);
    Ok(())
}

fn current() -> ThreadId {
    CURRENT.get()
}

/// Reads or changes what hypercalls keep for the thread that runs.
pub(crate) fn with_local<T>(function: impl FnOnce(&mut Local) -> T) -> T {
    with_current(|thread| function(&mut thread.local))
}

/// Lets others run until `deadline`.
pub(crate) fn sleep_until(deadline: Duration) {
    DEADLINES.with_borrow_mut(|deadlines| deadlines.push((deadline, current())));
    suspend();
}

/// Ends the thread that runs.
pub(crate) fn end_current() -> ! {
    with_current(|thread| thread.has_ended = true);
    suspend_for_ever()
}

/// Ends all threads, and makes [`run`] return `code`.
pub(crate) fn stop(code: c_int) -> ! {
    STOPPED.set(Some(code));
    suspend_for_ever()
}

/// Threads that wait for something, in the order in which they came.
#[derive(Default)]
pub(crate) struct WaitQueue(RefCell<VecDeque<ThreadId>>);

impl WaitQueue {
    /// Lets others run until one of them wakes this thread, or until `deadline`. False if it was the deadline.
    ///
    /// # Safety
    ///
    /// `queue` must be valid when the wait begins, and until it is woken. Whoever wakes it may free the queue.
    pub(crate) unsafe fn wait(queue: *const Self, deadline: Option<Duration>) -> bool {
        let id = current();
        with_current(|thread| thread.woken = false);
        // SAFETY: the wait begins here.
        unsafe { &*queue }.0.borrow_mut().push_back(id);
        if let Some(deadline) = deadline {
            DEADLINES.with_borrow_mut(|deadlines| deadlines.push((deadline, id)));
        }
        suspend();
        // A deadline that is yet to come must not end a later wait.
        DEADLINES.with_borrow_mut(|deadlines| deadlines.retain(|(_, waiting)| *waiting != id));
        let woken = with_current(|thread| thread.woken);
        if !woken {
            // SAFETY: nobody woke it.
            unsafe { &*queue }
                .0
                .borrow_mut()
                .retain(|waiting| *waiting != id);
        }
        woken
    }

    /// Wakes the thread that has waited longest.
    pub(crate) fn wake_one(&self) {
        if let Some(id) = self.0.borrow_mut().pop_front() {
            with_thread(id, |thread| thread.woken = true);
            make_ready(id);
        }
    }

    /// Wakes all that wait.
    pub(crate) fn wake_all(&self) {
        while !self.is_empty() {
            self.wake_one();
        }
    }

    /// Whether nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }
}

/// Lets a thread run until it waits or ends.
fn turn(id: ThreadId) {
    let coroutine = with_thread(id, |thread| {
        thread.is_ready = false;
        thread.coroutine.take()
    });
    let mut coroutine = coroutine.expect("a thread that does not run");
    CURRENT.set(id);
    let result = coroutine.resume(());
    let has_ended = with_thread(id, |thread| thread.has_ended);
    if has_ended || matches!(result, CoroutineResult::Return(())) {
        end(Some(coroutine));
        THREADS.with_borrow_mut(|threads| threads[id] = None);
    } else {
        with_thread(id, |thread| thread.coroutine = Some(coroutine));
    }
}

/// Frees the stack of a thread that is not to run again.
fn end(coroutine: Option<Coroutine<(), (), ()>>) {
    if let Some(mut coroutine) = coroutine {
        // SAFETY: no frame that waits or ends has anything to drop, says the head of this module, and nothing outside
        // refers to the stack: the kernel has ended or left the thread.
        unsafe { coroutine.force_reset() };
    }
}

fn suspend() {
    let yielder = with_current(|thread| thread.yielder);
    // SAFETY: it lies in the first frame of this thread's stack.
    unsafe { &*yielder }.suspend(());
}

fn suspend_for_ever() -> ! {
    loop {
        suspend();
    }
}

fn make_ready(id: ThreadId) {
    if !with_thread(id, |thread| std::mem::replace(&mut thread.is_ready, true)) {
        READY.with_borrow_mut(|ready| ready.push_back(id));
    }
}

fn wake_those_that_are_due() {
    if DEADLINES.with_borrow(Vec::is_empty) {
        return;
    }
    let now = clock::now();
    let due = |(deadline, _): &mut (Duration, ThreadId)| *deadline <= now;
    let mut due: Vec<_> =
        DEADLINES.with_borrow_mut(|deadlines| deadlines.extract_if(.., due).collect());
    due.sort_unstable();
    for (_, id) in due {
        make_ready(id);
    }
}

fn first_deadline() -> Option<Duration> {
    DEADLINES.with_borrow(|deadlines| deadlines.iter().map(|(deadline, _)| *deadline).min())
}

fn with_current<T>(function: impl FnOnce(&mut Thread) -> T) -> T {
    with_thread(current(), function)
}

fn with_thread<T>(id: ThreadId, function: impl FnOnce(&mut Thread) -> T) -> T {
    THREADS.with_borrow_mut(|threads| {
        function(threads[id].as_mut().expect("a thread that has not ended"))
    })
}
