//! Who had a signal before, and how it is handed on.

use std::ffi::{c_int, c_void};
use std::io;
use std::mem::{self, MaybeUninit};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Signal, interrupt};

/// A handler with `SA_SIGINFO`.
pub(super) type Handler = unsafe extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);

/// The largest number of a signal that any host has, and one more.
const SIGNALS: usize = 128;

/// A place for each signal that can be taken.
static PLACES: [Place; SIGNALS] = [const { Place::empty() }; SIGNALS];

/// What was to be done on a signal before.
struct Place {
    action: std::cell::UnsafeCell<MaybeUninit<libc::sigaction>>,
    taken: AtomicBool,
    /// It was to be done once (`SA_RESETHAND`), and has been.
    used: AtomicBool,
}

// SAFETY: the action is written before `taken` is set, by one thread, and only read afterwards.
unsafe impl Sync for Place {}

impl Place {
    const fn empty() -> Self {
        Self {
            action: std::cell::UnsafeCell::new(MaybeUninit::uninit()),
            taken: AtomicBool::new(false),
            used: AtomicBool::new(false),
        }
    }

    fn action(&self) -> Option<&libc::sigaction> {
        // SAFETY: it was written before `taken` was set, and is not written again.
        (self.taken.load(Ordering::Acquire))
            .then(|| unsafe { (*self.action.get()).assume_init_ref() })
    }
}

fn place(signal: c_int) -> Option<&'static Place> {
    PLACES.get(usize::try_from(signal).ok()?)
}

fn current(signal: c_int) -> io::Result<libc::sigaction> {
    let mut action = MaybeUninit::uninit();
    // SAFETY: the place is right; the call writes it if it succeeds.
    unsafe {
        if libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(action.assume_init())
    }
}

/// Puts `handler` before what handles the signal now.
///
/// # Safety
///
/// Called by one thread at a time. `handler` can run at any point of the program, and calls
/// [`hand_on`] for what it does not handle.
pub(super) unsafe fn replace(signal: c_int, handler: Handler) -> io::Result<()> {
    let before = current(signal)?;
    let place = place(signal).ok_or(io::ErrorKind::InvalidInput)?;
    if place.taken.load(Ordering::Acquire) {
        return Ok(());
    }
    // SAFETY: the caller sees to it that nobody else writes, and nobody reads before `taken` is
    // set.
    unsafe { (*place.action.get()).write(before) };
    // Before the handler is there, so that it finds it.
    place.taken.store(true, Ordering::Release);
    // SAFETY: all fields may be zero.
    let mut action: libc::sigaction = unsafe { mem::zeroed() };
    action.sa_sigaction = handler as *const () as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    if signal != interrupt() {
        action.sa_flags |= before.sa_flags & libc::SA_RESTART;
    }
    // SAFETY: the mask is there to be written; the action is complete.
    unsafe {
        libc::sigemptyset(&mut action.sa_mask);
        libc::sigaddset(&mut action.sa_mask, interrupt());
        if libc::sigaction(signal, &action, ptr::null_mut()) != 0 {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Whether a signal has its default effect, and is one that programs may use.
pub(super) fn is_unused(signal: c_int) -> bool {
    place(signal).is_some() && is_handled_by(signal, libc::SIG_DFL)
}

/// Whether the signal goes to `handler` first.
pub(super) fn is_handled_by(signal: c_int, handler: usize) -> bool {
    current(signal).is_ok_and(|action| action.sa_sigaction == handler)
}

/// Does what would have been done with the signal if it had not been taken.
///
/// # Safety
///
/// Called by the signal's handler, with what it was given.
pub(super) unsafe fn hand_on(signal: Signal, info: *mut libc::siginfo_t, context: *mut c_void) {
    let Some((place, action)) =
        place(signal.number).and_then(|place| Some((place, place.action()?)))
    else {
        return;
    };
    let once = action.sa_flags & libc::SA_RESETHAND != 0;
    let used = once && place.used.swap(true, Ordering::AcqRel);
    match action.sa_sigaction {
        // Nobody can ignore a fault; the instruction would be tried again for ever.
        libc::SIG_IGN if !signal.is_fault => {}
        libc::SIG_DFL | libc::SIG_IGN => by_default(signal),
        _ if used => by_default(signal),
        handler => {
            let mut mask = action.sa_mask;
            // The mask that was interrupted comes back with the return from the signal. SAFETY: the
            // mask is there; the handler was installed for this signal, with these flags, so that
            // it is such a function.
            unsafe {
                if action.sa_flags & libc::SA_NODEFER == 0 {
                    libc::sigaddset(&mut mask, signal.number);
                } else {
                    signal.unmask();
                }
                libc::pthread_sigmask(libc::SIG_BLOCK, &mask, ptr::null_mut());
                if action.sa_flags & libc::SA_SIGINFO == 0 {
                    let handler: unsafe extern "C" fn(c_int) = mem::transmute(handler);
                    handler(signal.number);
                } else {
                    let handler: Handler = mem::transmute(handler);
                    handler(signal.number, info, context);
                }
            }
        }
    }
}

/// Lets the signal have its default effect right after the handler's return: a fault when the
/// instruction is tried again; another is sent again, and blocked until then.
fn by_default(signal: Signal) {
    // SAFETY: all fields may be zero, which is SIG_DFL without flags.
    unsafe {
        let action: libc::sigaction = mem::zeroed();
        libc::sigaction(signal.number, &action, ptr::null_mut());
        if !signal.is_fault {
            libc::raise(signal.number);
        }
    }
}
