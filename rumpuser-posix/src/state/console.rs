//! The kernel's console: what it prints, on its way to the program.
//!
//! Characters are gathered into lines, and whole lines go to the program's sink (a line that grows
//! too long goes in pieces; an unfinished one goes when the kernel ends). The sink is the program's
//! code: it is called with no lock of this crate held, though the kernel's own lock on its console
//! may be. Lines that are printed meanwhile wait and keep their order.
//!
//! From a line that begins with `panic: ` on, the text of that thread is also kept, as the message
//! of the kernel's death.

use std::fmt;
use std::io::Write;

use parking_lot::Mutex;

use crate::host::write_signals;
use crate::program::{self, Theirs};
use crate::wait::thread_id;

/// A function of the program's that is given lines.
pub type Sink = Box<dyn FnMut(&[u8]) + Send>;

/// Where the text that a kernel prints goes.
#[derive(Default)]
pub enum Console {
    /// To the standard output; debugging text to the standard error.
    #[default]
    Stdout,
    /// Nowhere.
    Discard,
    /// To the program; see [`Console::sink`].
    Sink(Sink),
}

impl Console {
    /// Calls `sink` with each line that the kernel prints, newline included.
    ///
    /// It is called on whatever thread prints, while the kernel may hold locks: it must not call
    /// into the same kernel, and should not take long. A panic in it is caught and the line lost.
    pub fn sink(sink: impl FnMut(&[u8]) + Send + 'static) -> Self {
        Self::Sink(Box::new(sink))
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stdout => "Stdout",
            Self::Discard => "Discard",
            Self::Sink(_) => "Sink(..)",
        })
    }
}

/// A line longer than this is handed on in pieces.
const LINE_MAX: usize = 1024;
/// More than this of a panic's text is not kept.
const PANIC_MAX: usize = 8192;
const PANIC: &[u8] = b"panic: ";
/// What the kernel prints of its own accord after a panic.
const HALTING: &str = "rump kernel halting...";

#[derive(Default)]
struct State {
    line: Vec<u8>,
    /// Lines for a sink that is being called.
    pending: Vec<u8>,
    /// `None` while a thread is calling it.
    console: Option<Theirs<Console>>,
    panic: Vec<u8>,
    /// The thread whose text is kept.
    panicking: Option<usize>,
}

/// The console of one kernel.
pub(crate) struct Output {
    state: Mutex<State>,
    to_stdout: bool,
}

impl Output {
    pub(crate) fn new(console: Console) -> Self {
        Self {
            to_stdout: matches!(console, Console::Stdout),
            state: Mutex::new(State {
                console: Some(Theirs::new(console)),
                ..State::default()
            }),
        }
    }

    /// Prints one character.
    pub(crate) fn put(&self, byte: u8) {
        let thread = thread_id();
        let mut state = self.state.lock();
        let begins = state.line.len() == PANIC.len() - 1
            && PANIC.starts_with(&state.line)
            && PANIC.ends_with(&[byte]);
        if state.panicking == Some(thread) {
            if state.panic.len() < PANIC_MAX && state.panic.try_reserve(1).is_ok() {
                state.panic.push(byte);
            }
        } else if begins {
            state.panicking = Some(thread);
            state.panic = PANIC.to_vec();
        }
        // Without memory the text is lost.
        if state.line.try_reserve(1).is_ok() {
            state.line.push(byte);
        }
        let full = byte == b'\n' || state.line.len() >= LINE_MAX;
        drop(state);
        if full {
            self.flush();
        }
    }

    /// Hands on what has been printed, even an unfinished line.
    pub(crate) fn flush(&self) {
        let mut state = self.state.lock();
        let line = std::mem::take(&mut state.line);
        if state.pending.try_reserve(line.len()).is_ok() {
            state.pending.extend_from_slice(&line);
        }
        // A thread that is calling the sink already looks for more when it is back.
        let Some(mut console) = state.console.take() else {
            return;
        };
        while !state.pending.is_empty() {
            let text = std::mem::take(&mut state.pending);
            drop(state);
            write(&mut console, &text);
            state = self.state.lock();
        }
        state.console = Some(console);
    }

    /// The text of the panic, if one was printed.
    pub(crate) fn panic_message(&self) -> Option<String> {
        let state = self.state.lock();
        state.panicking?;
        let text = String::from_utf8_lossy(&state.panic);
        let text = text.trim_end();
        Some(
            text.strip_suffix(HALTING)
                .unwrap_or(text)
                .trim_end()
                .to_owned(),
        )
    }

    /// Debugging text goes the same way, but past standard output.
    pub(crate) fn debug(&self, text: &[u8]) {
        if self.to_stdout {
            // Nobody can be told that standard error is closed.
            let _ = write_signals::without(|| std::io::stderr().write_all(text));
        } else {
            self.print(text);
        }
    }

    /// Prints text that is not the kernel's.
    pub(crate) fn print(&self, text: &[u8]) {
        self.flush();
        let mut state = self.state.lock();
        if state.pending.try_reserve(text.len()).is_ok() {
            state.pending.extend_from_slice(text);
        }
        drop(state);
        self.flush();
    }
}

fn write(console: &mut Console, text: &[u8]) {
    match console {
        Console::Stdout => {
            let mut stdout = std::io::stdout();
            // As above.
            let _ = write_signals::without(|| stdout.write_all(text).and_then(|()| stdout.flush()));
        }
        Console::Discard => {}
        Console::Sink(sink) => _ = program::call(|| sink(text)),
    }
}
