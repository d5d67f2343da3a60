//! Accidents of a kernel's code: signals that it brings on itself, and those that take a thread out
//! of code that does not end.
//!
//! A fault (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP) whose program counter lies in the code of the
//! kernel that the thread has entered last is that kernel's death: the handler notes where it was,
//! and jumps to where the thread entered. Frames of the kernel's are plain C, and the frames below
//! them are such as every jump passes over; see [`landing`](super::landing). Everything else goes
//! to whoever had the signal before.
//!
//! The same jump takes a thread out of a dead kernel in whose code it loops, when
//! the instance sends it [that signal](interrupt). That is a signal
//! which nobody uses, where the host has some to spare: a handler that the program installs in
//! front of this one for SIGSEGV does not come between.
//!
//! A fault whose signal is blocked ends the process, whatever handlers there are. So threads
//! unblock these signals when they enter their first kernel, those of the kernel included.
//!
//! The handler runs on the thread's alternate stack, which may have room for two signals and not
//! for three. So it blocks its own signal, and the one that interrupts, until it leaves. It takes
//! no lock and allocates nothing.

mod previous;
mod stack;

use std::ffi::{c_int, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

use parking_lot::Mutex;

use crate::host;
pub(crate) use stack::AlternateStack;

/// The signals that faults raise. Some machines trap where others know no such instruction.
const SIGNALS: [c_int; 5] = [
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGFPE,
    libc::SIGILL,
    libc::SIGTRAP,
];

/// The signal that interrupts threads of dead kernels, and the system calls that they wait in.
static INTERRUPT: AtomicI32 = AtomicI32::new(libc::SIGSEGV);

/// The signal that [`INTERRUPT`] is.
pub(crate) fn interrupt() -> c_int {
    INTERRUPT.load(Ordering::Relaxed)
}

/// What a signal says of itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signal {
    pub(crate) number: c_int,
    /// The address that was accessed, or that of the instruction; by the signal.
    pub(crate) address: Option<usize>,
    /// Whether the thread brought it on itself, rather than that somebody sent it.
    pub(crate) is_fault: bool,
    /// What the handler was given.
    context: *const c_void,
}

impl Signal {
    /// Lets the signals come that came before this one, for a handler that does not return.
    pub(crate) fn unmask(&self) {
        // SAFETY: the handler is running.
        unsafe { rumpuser_posix_unmask(self.context) };
    }
}

/// The registers that were interrupted; all 0 on a machine that is not known.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Registers {
    pub(crate) pc: usize,
    pub(crate) sp: usize,
    pub(crate) frame: usize,
    /// 0 on machines that keep return addresses on the stack.
    pub(crate) link: usize,
}

unsafe extern "C" {
    fn rumpuser_posix_registers(context: *const c_void, registers: *mut Registers);
    fn rumpuser_posix_unmask(context: *const c_void);
}

static INSTALLED: AtomicBool = AtomicBool::new(false);

/// Takes a signal: does not return if it jumps out of the kernel, and returns whether the signal is
/// dealt with otherwise. It runs in a signal handler.
pub(crate) type Take = fn(Signal, Registers) -> bool;

static TAKE: OnceLock<Take> = OnceLock::new();

/// Takes the signals, for the rest of the process's life, and gives them to `take`. Once is enough.
pub(crate) fn install(take: Take) -> io::Result<()> {
    static INSTALLING: Mutex<()> = Mutex::new(());

    let _one_at_a_time = INSTALLING.lock();
    if !is_installed() {
        TAKE.get_or_init(|| take);
        let spare = host::spare_signals().find(|&signal| previous::is_unused(signal));
        INTERRUPT.store(spare.unwrap_or(libc::SIGSEGV), Ordering::Relaxed);
        for signal in SIGNALS.into_iter().chain(spare) {
            // SAFETY: the handler is made for it, and hands on what it does not take.
            unsafe { previous::replace(signal, handle) }?;
        }
        INSTALLED.store(true, Ordering::Release);
    }
    Ok(())
}

/// Whether the signals have been taken, and threads need a stack for them.
pub(crate) fn is_installed() -> bool {
    INSTALLED.load(Ordering::Acquire)
}

/// Unblocks the signals in the calling thread, which has come to its first kernel.
pub(crate) fn unblock() {
    let mut signals = MaybeUninit::uninit();
    // SAFETY: the set is emptied before it is used.
    unsafe {
        libc::sigemptyset(signals.as_mut_ptr());
        for signal in SIGNALS.into_iter().chain([interrupt()]) {
            libc::sigaddset(signals.as_mut_ptr(), signal);
        }
        libc::pthread_sigmask(libc::SIG_UNBLOCK, signals.as_ptr(), ptr::null_mut());
    }
}

/// Whether a thread may be interrupted: not when somebody else's handler would get the signal.
pub(crate) fn can_interrupt() -> bool {
    previous::is_handled_by(interrupt(), handle as *const () as usize)
}

unsafe extern "C" fn handle(number: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    let mut registers = Registers::default();
    // SAFETY: the kernel of the host passes both to a handler with SA_SIGINFO.
    let signal = unsafe {
        rumpuser_posix_registers(context, &mut registers);
        let code = (*info).si_code;
        Signal {
            number,
            address: (code != UNADDRESSED).then(|| (*info).si_addr().addr()),
            is_fault: is_fault(code),
            context,
        }
    };
    if !TAKE.get().is_some_and(|take| take(signal, registers)) {
        // SAFETY: as above.
        unsafe { previous::hand_on(signal, info, context) };
    }
}

/// The code of faults of which x86 does not tell the address: `SI_KERNEL`.
const UNADDRESSED: c_int = 0x80;

/// Positive codes are the host kernel's; some systems have large ones for signals that were sent.
fn is_fault(code: c_int) -> bool {
    (1..0x1_0000).contains(&code)
}
