//! Threads as coroutines of one host thread, by turns.
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

/// NetBSD's own kernel stacks are far smaller; what the program's part of a thread needs comes on top.
const STACK: usize = 256 * 1024;

/// A thread. These few bytes are never freed, so that anything can refer to them; its stack is, when it ends.
pub(crate) struct Thread {
    /// Not here while it runs, and when it has ended.
    coroutine: Cell<Option<Coroutine<(), Pause, ()>>>,
    /// At the bottom of its stack, once it has started.
    yielder: Cell<*const Yielder<(), Pause>>,
    /// Whether it can run because somebody woke it, rather than for its deadline.
    is_woken: Cell<bool>,
    deadline: Cell<Option<Duration>>,
    /// Which thread of the kernel it is at present, or null.
    pub(crate) lwp: Cell<*mut lwp>,
    /// The error number of its last system call.
    pub(crate) errno: Cell<c_int>,
}

/// Why a thread does not run on.
enum Pause {
    /// Until somebody wakes it, or until its deadline.
    Wait,
    End,
    /// Nobody is to run on.
    Stop(c_int),
}

thread_local! {
    static THREADS: RefCell<Vec<&'static Thread>> = const { RefCell::new(Vec::new()) };
    static CURRENT: Cell<Option<&'static Thread>> = const { Cell::new(None) };
}

/// Runs `first` as a thread, and all threads that come of it, until one calls [`stop`]. Gives the code that it stopped
/// with, or `None` when every thread waits for another one.
pub(crate) fn run(first: impl FnOnce() + 'static) -> io::Result<Option<c_int>> {
    spawn(first)?;
    loop {
        let now = clock::now();
        let is_due = |thread: &Thread| thread.deadline.get().is_some_and(|time| time <= now);
        let mut ready = THREADS.with_borrow(Vec::clone);
        let deadline = ready
            .iter()
            .filter_map(|thread| thread.deadline.get())
            .min();
        ready.retain(|thread| thread.is_woken.get() || is_due(thread));
        if ready.is_empty() {
            let Some(deadline) = deadline else {
                return Ok(None);
            };
            clock::idle_until(deadline);
        }
        for thread in ready {
            if let Pause::Stop(code) = turn(thread) {
                return Ok(Some(code));
            }
        }
    }
}

/// Lets a thread run until it pauses.
fn turn(thread: &'static Thread) -> Pause {
    let mut coroutine = thread.coroutine.take().expect("a thread that waits");
    CURRENT.set(Some(thread));
    let pause = match coroutine.resume(()) {
        CoroutineResult::Yield(pause) => pause,
        CoroutineResult::Return(()) => Pause::End,
    };
    if let Pause::End = pause {
        // SAFETY: none of its frames has anything to drop, says the head of this module, and nothing outside refers to
        // the stack: the kernel has left the thread.
        unsafe { coroutine.force_reset() };
        THREADS.with_borrow_mut(|threads| threads.retain(|other| !ptr::eq(*other, thread)));
    } else {
        thread.coroutine.set(Some(coroutine));
    }
    pause
}

/// Adds a thread, which runs when its turn comes.
///
/// # Errors
///
/// That of mapping its stack.
pub(crate) fn spawn(body: impl FnOnce() + 'static) -> io::Result<()> {
    let stack = DefaultStack::new(STACK)?;
    let coroutine = Coroutine::with_stack(stack, move |yielder: &Yielder<(), Pause>, ()| {
        current().yielder.set(yielder);
        body();
    });
    let thread = Box::leak(Box::new(Thread {
        coroutine: Cell::new(Some(coroutine)),
        yielder: Cell::new(ptr::null()),
        is_woken: Cell::new(true),
        deadline: Cell::new(None),
        lwp: Cell::new(ptr::null_mut()),
        errno: Cell::new(0),
    }));
    THREADS.with_borrow_mut(|threads| threads.push(thread));
    Ok(())
}

/// The thread that runs.
pub(crate) fn current() -> &'static Thread {
    CURRENT.get().expect("only threads make hypercalls")
}

/// Ends the thread that runs.
pub(crate) fn end() -> ! {
    pause(Pause::End);
    unreachable!("a thread that has ended")
}

/// Makes [`run`] return `code`. No thread runs on.
pub(crate) fn stop(code: c_int) -> ! {
    pause(Pause::Stop(code));
    unreachable!("threads do not run after the end")
}

/// Lets others run until `deadline`.
pub(crate) fn sleep_until(deadline: Duration) {
    wait(Some(deadline));
}

/// Lets others run until one of them wakes this thread, or until `deadline`. False if it was the deadline.
fn wait(deadline: Option<Duration>) -> bool {
    let thread = current();
    thread.is_woken.set(false);
    thread.deadline.set(deadline);
    pause(Pause::Wait);
    thread.deadline.set(None);
    thread.is_woken.get()
}

fn pause(pause: Pause) {
    // SAFETY: it lies in the first frame of this thread's stack.
    unsafe { &*current().yielder.get() }.suspend(pause);
}

/// Threads that wait for something, in the order in which they came.
#[derive(Default)]
pub(crate) struct WaitQueue(RefCell<VecDeque<&'static Thread>>);

impl WaitQueue {
    /// Lets others run until one of them wakes this thread, or until `deadline`. False if it was the deadline.
    ///
    /// # Safety
    ///
    /// `queue` must be valid when the wait begins, and until it is woken. Whoever wakes it may free the queue.
    pub(crate) unsafe fn wait(queue: *const Self, deadline: Option<Duration>) -> bool {
        // SAFETY: the wait begins here.
        unsafe { &*queue }.0.borrow_mut().push_back(current());
        let is_woken = wait(deadline);
        if !is_woken {
            // SAFETY: nobody woke it.
            let mut waiting = unsafe { &*queue }.0.borrow_mut();
            waiting.retain(|thread| !ptr::eq(*thread, current()));
        }
        is_woken
    }

    /// Wakes the thread that has waited longest.
    pub(crate) fn wake_one(&self) {
        if let Some(thread) = self.0.borrow_mut().pop_front() {
            thread.is_woken.set(true);
        }
    }

    /// Wakes all that wait.
    pub(crate) fn wake_all(&self) {
        for thread in self.0.take() {
            thread.is_woken.set(true);
        }
    }

    /// Whether nobody waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }
}
