//! Signals that arrive while a thread is in a kernel: which are the kernel's, and what is noted of
//! them.

use std::cell::Cell;
use std::ffi::c_int;
use std::ops::Range;
use std::sync::Arc;

use super::entry::{Entry, with_innermost};
use super::{Death, DeathKind, Visitor};
use crate::accident::{INTERRUPT, Registers, Signal};
use crate::backtrace::{Backtrace, Code, Trace, without_frame};
use crate::landing;

/// What a signal handler notes of a fault, until the thread has left the kernel.
pub(super) struct Accident {
    signal: Cell<Option<Signal>>,
    nature: Cell<Nature>,
    trace: Trace,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nature {
    /// An instruction of the kernel's failed.
    Instruction,
    /// The kernel called what is no code.
    Call,
    /// The stack was at its end.
    Overflow,
}

/// Faults so near to the stack pointer mean that there is no stack left.
const NEAR: usize = 4096;
/// The smallest page; the stack is taken to be whole above the page that a fault was in.
const PAGE: usize = 4096;

impl Accident {
    pub(super) const fn none() -> Self {
        Self {
            signal: Cell::new(None),
            nature: Cell::new(Nature::Instruction),
            trace: Trace::new(),
        }
    }

    /// Notes a fault whose program counter lies in the code, or came there by a call from it. False
    /// for any other.
    fn note(&self, signal: Signal, registers: Registers, end: usize, code: &Code) -> bool {
        let Registers {
            pc,
            sp,
            frame,
            link,
        } = registers;
        let stack = stack_above(sp, end, signal.address);
        let code = &code.range;
        let is_inside = code.contains(&pc);
        if !is_inside && signal.address != Some(pc) {
            return false;
        }
        // Reading the stack may fault in its turn, when the stack pointer is none; then the handler
        // comes here again, and finds the signal noted. See take().
        self.signal.set(Some(signal));
        if is_inside {
            self.trace.push(pc);
        }
        signal.unmask();
        // SAFETY: what lies between a thread's stack pointer and the frame of its landing is its
        // stack; a stack pointer that is none is provided for, as said above.
        let caller = unsafe { without_frame(pc, sp, link, &stack, code) };
        if is_inside {
            if signal
                .address
                .is_some_and(|address| address.abs_diff(sp) <= NEAR)
            {
                self.nature.set(Nature::Overflow);
            }
        } else if caller.is_some() {
            self.nature.set(Nature::Call);
        } else {
            self.signal.set(None);
            return false;
        }
        if let Some(caller) = caller {
            self.trace.push(caller);
            if link != 0 {
                self.trace.doubt();
            }
        }
        // SAFETY: as above.
        unsafe { self.trace.walk(frame, &stack, code) };
        true
    }

    /// The death that the fault is, if one was noted.
    pub(super) fn death(&self, code: Option<&Code>) -> Option<Death> {
        let (signal, code) = (self.signal.get()?, code?);
        let nature = self.nature.get();
        let backtrace = if nature == Nature::Call {
            Backtrace::of_calls(code, &self.trace)
        } else {
            Backtrace::of_fault(code, &self.trace)
        };
        let name = name(signal.number);
        let what = match (nature, signal.address) {
            (Nature::Overflow, _) => format!("stack overflow ({name})"),
            (Nature::Call, Some(address)) => format!("{name} by a call to address {address:#x}"),
            (_, Some(address)) if matches!(signal.number, libc::SIGSEGV | libc::SIGBUS) => {
                format!("{name} at address {address:#x}")
            }
            _ => name.to_owned(),
        };
        let message = match backtrace.frames().next() {
            Some(frame) => format!("{what} in {frame}"),
            None => what,
        };
        Some(Death {
            kind: DeathKind::Fault,
            message: message.into(),
            backtrace: Arc::new(backtrace),
        })
    }
}

/// The part of a stack that is in use and can be read, from the stack pointer to `end`.
fn stack_above(sp: usize, end: usize, fault: Option<usize>) -> Range<usize> {
    let mut start = sp;
    if let Some(address) = fault
        && address >= sp.saturating_sub(NEAR)
        && address < end
    {
        start = start.max((address | (PAGE - 1)) + 1);
    }
    start.min(end)..end
}

fn name(signal: c_int) -> &'static str {
    match signal {
        libc::SIGSEGV => "SIGSEGV",
        libc::SIGBUS => "SIGBUS",
        libc::SIGFPE => "SIGFPE",
        libc::SIGILL => "SIGILL",
        _ => "SIGTRAP",
    }
}

/// Takes a signal, in its handler: does not return when the thread has to leave the kernel. False
/// for a signal that is none of ours.
pub(crate) fn take(signal: Signal, registers: Registers) -> bool {
    with_innermost(|entry| take_in(entry, signal, registers))
}

fn take_in(entry: Option<&Entry<'_>>, signal: Signal, registers: Registers) -> bool {
    let stay = entry.and_then(|entry| {
        let code = entry.instance.code.get()?;
        (!entry.landing.get().is_null()).then_some((entry, entry.instance, code))
    });
    if signal.is_fault {
        let Some((entry, _, code)) = stay else {
            return false;
        };
        let accident = &entry.accident;
        let is_ours = match accident.signal.get() {
            None => accident.note(signal, registers, entry.landing.get().addr(), code),
            // The handler's own, when it read the stack.
            Some(_) => !accident.trace.addresses().is_empty(),
        };
        if is_ours {
            leave(entry, signal);
        }
        return false;
    }
    if signal.number != INTERRUPT || !Visitor::was_interrupted() {
        return false;
    }
    if let Some((entry, instance, code)) = stay
        && instance.parked.is_dead()
        && code.range.contains(&registers.pc)
    {
        leave(entry, signal);
    }
    true
}

fn leave(entry: &Entry<'_>, signal: Signal) -> ! {
    signal.unmask();
    // SAFETY: the landing is there while land() runs, for stay() takes it back afterwards. The thread
    // was in the kernel's code, or came to it from there; so the frames above are the kernel's, and
    // such that lie below a function of the kernel's, which may all be left by a jump.
    unsafe { landing::jump(entry.landing.get()) }
}
