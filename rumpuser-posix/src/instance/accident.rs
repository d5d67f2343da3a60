//! Signals that arrive while a thread is in a kernel: which are the kernel's, and what is noted of
//! them.

use std::cell::{Cell, UnsafeCell};
use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ops::Range;
use std::sync::Arc;

use super::access;
use super::backtrace::{Backtrace, Code, Trace, without_frame};
use super::entry::{Entry, with_innermost};
use super::{Death, DeathKind, Visitor};
use crate::host::accident::{self, Registers, Signal};
use crate::host::landing;

/// What a signal handler notes of a fault, until the thread has left the kernel.
pub(super) struct Accident {
    signal: Cell<Option<Signal>>,
    nature: Cell<Nature>,
}

/// Room for the frames of a fault, made when one is noted: every stay has it, and hardly any uses
/// it. It is no part of [`Accident`], whose constant would be copied with all that room.
pub(super) type Room = UnsafeCell<MaybeUninit<Trace>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nature {
    /// An instruction of the kernel's failed.
    Instruction,
    /// The kernel called what is no code.
    Call,
    /// A hypercall looked at memory that the kernel pointed to.
    Hypercall,
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
        }
    }

    /// Notes a fault whose program counter lies in the code, or in that which looks at the kernel's
    /// memory for hypercalls, or came by a call to where it could fetch no instruction. False for
    /// any other.
    fn note(
        &self,
        room: &Room,
        signal: Signal,
        registers: Registers,
        end: usize,
        code: &Code,
    ) -> bool {
        let Registers {
            pc,
            sp,
            frame,
            link,
        } = registers;
        let stack = stack_above(sp, end, signal.address);
        let code = &code.range;
        let is_inside = code.contains(&pc);
        let is_access = access::code().contains(&pc);
        if !is_inside && !is_access && !is_fetch(signal, pc) {
            return false;
        }
        // SAFETY: nobody refers to it: it is used when a signal has been noted, which is done once.
        let trace = unsafe { (*room.get()).write(Trace::new()) };
        // Reading the stack may fault in its turn, when the stack pointer is none; then the handler
        // comes here again, and finds the signal noted. See take().
        self.signal.set(Some(signal));
        if is_inside {
            trace.push(pc);
        }
        signal.unmask();
        if is_access {
            self.nature.set(Nature::Hypercall);
            // SAFETY: as below.
            unsafe { trace.walk_out(sp, frame, &stack, code) };
            return true;
        }
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
            trace.push(caller);
            if link != 0 {
                trace.doubt();
            }
        }
        // SAFETY: as above.
        unsafe { trace.walk(frame, &stack, code) };
        true
    }

    /// The signal of the fault, if one was noted.
    pub(super) fn signal(&self) -> Option<Signal> {
        self.signal.get()
    }

    /// The frames of the fault, if one was noted in this room.
    fn trace<'a>(&self, room: &'a Room) -> Option<&'a Trace> {
        self.signal.get()?;
        // SAFETY: a signal was noted, and the trace was made before that.
        Some(unsafe { (*room.get()).assume_init_ref() })
    }

    /// The death that the fault with this signal is.
    pub(super) fn death(&self, room: &Room, signal: Signal, code: &Code) -> Death {
        let nature = self.nature.get();
        let backtrace = self
            .trace(room)
            .map_or_else(Backtrace::default, |trace| match nature {
                Nature::Call | Nature::Hypercall => Backtrace::of_calls(code, trace),
                Nature::Instruction | Nature::Overflow => Backtrace::of_fault(code, trace),
            });
        let name = name(signal.number);
        let what = match (nature, signal.address) {
            (Nature::Overflow, _) => format!("stack overflow ({name})"),
            (Nature::Hypercall, Some(address)) => {
                format!("{name} by a hypercall's access to address {address:#x}")
            }
            (Nature::Call, None) => format!("{name} by a call to an address that none can be"),
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
        Death {
            kind: DeathKind::Fault,
            message: message.into(),
            backtrace: Arc::new(backtrace),
        }
    }
}

/// Whether the program counter is what the fault is about. Signals for instructions that fail have
/// the instruction's address for theirs, too, but that instruction has been fetched.
fn is_fetch(signal: Signal, pc: usize) -> bool {
    matches!(signal.number, libc::SIGSEGV | libc::SIGBUS)
        && match signal.address {
            Some(address) => address == pc,
            // Some x86 processors go to an address that none can be, and fault there.
            None => is_impossible(pc),
        }
}

/// Whether an address lies between the halves of the address space that x86-64 has.
fn is_impossible(address: usize) -> bool {
    const HALF: u32 = 47;
    cfg!(target_arch = "x86_64") && !matches!(address as u64 >> HALF, 0 | 0x1_ffff)
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
        let (room, landing) = (&entry.room, entry.landing.get().addr());
        let is_ours = match accident.trace(room) {
            None => accident.note(room, signal, registers, landing, code),
            // The handler's own, when it read the stack.
            Some(trace) => {
                !trace.addresses().is_empty() || accident.nature.get() == Nature::Hypercall
            }
        };
        if is_ours {
            leave(entry, signal);
        }
        return false;
    }
    if signal.number != accident::interrupt() {
        return false;
    }
    if !Visitor::was_interrupted() {
        // One of ours that comes late, after its thread has said good-bye to kernels; or else what
        // somebody sends who means the program.
        return signal.number != libc::SIGSEGV;
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
    // SAFETY: the landing is there while land() runs, for stay() takes it back afterwards. The
    // thread was in the kernel's code, or came to it from there; so the frames above are the
    // kernel's, and such that lie below a function of the kernel's, which may all be left by a
    // jump.
    unsafe { landing::jump(entry.landing.get()) }
}
