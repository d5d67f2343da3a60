//! Where in its code a kernel was when it ended.

mod code;
mod program;
mod walk;

use std::fmt;
use std::hash::{Hash, Hasher};

pub(crate) use code::Code;
pub(crate) use walk::{Trace, without_frame};

/// The functions that a kernel was in when it ended, innermost first.
///
/// Empty when there is none to tell of, or on a machine whose frames have no chain. Displays one
/// line for each frame, as `panic+0x5c`; functions have NetBSD's names. Where there are no names,
/// because the program was stripped, the offset from the beginning of the kernel's code stands
/// instead. Names are looked up when they are asked for.
///
/// Backtraces of two kernels with the same code are equal when the frames are, wherever the
/// kernels lay.
#[derive(Clone, Debug, Default)]
pub struct Backtrace {
    code: Option<Code>,
    /// From the beginning of the code.
    offsets: Vec<usize>,
    /// Whether the first is an instruction that failed, not where a call returns to.
    fault: bool,
}

/// One function that a kernel was in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Frame {
    /// Where in memory it was: the instruction that failed, or the one that a call returns to.
    pub address: usize,
    /// What NetBSD calls the function, if that is known.
    pub function: Option<&'static str>,
    /// How many bytes behind the beginning of the function that is, or of the kernel's code when
    /// the function is not known.
    pub offset: usize,
}

impl Backtrace {
    /// Of return addresses.
    pub(crate) fn of_calls(code: &Code, trace: &Trace) -> Self {
        Self::new(code, trace, false)
    }

    /// Of the address of an instruction and return addresses.
    pub(crate) fn of_fault(code: &Code, trace: &Trace) -> Self {
        let mut backtrace = Self::new(code, trace, true);
        if trace.is_doubtful() {
            // A register may still hold the return address of a call that has returned, or the one
            // that the function's frame holds, too.
            let functions: Vec<_> = backtrace
                .frames()
                .take(2)
                .map(|frame| frame.function)
                .collect();
            let is_left_over =
                matches!(functions[..], [Some(first), Some(second)] if first == second);
            let is_twice = matches!(backtrace.offsets[..], [_, link, saved, ..] if link == saved);
            if is_left_over || is_twice {
                backtrace.offsets.remove(1);
            }
        }
        backtrace
    }

    fn new(code: &Code, trace: &Trace, fault: bool) -> Self {
        Self {
            code: Some(code.clone()),
            offsets: trace
                .addresses()
                .iter()
                .map(|address| address.wrapping_sub(code.range.start))
                .collect(),
            fault,
        }
    }

    /// The frames, innermost first.
    pub fn frames(&self) -> impl Iterator<Item = Frame> {
        let code = self.code.as_ref();
        self.offsets
            .iter()
            .enumerate()
            .filter_map(move |(index, &offset)| {
                let code = code?;
                let address = code.range.start.wrapping_add(offset);
                // A function that does not return may end with the call.
                let in_call = usize::from(index > 0 || !self.fault);
                Some(match code.function_at(address.wrapping_sub(in_call)) {
                    Some((name, offset)) => Frame {
                        address,
                        function: Some(name),
                        offset: offset + in_call,
                    },
                    None => Frame {
                        address,
                        function: None,
                        offset,
                    },
                })
            })
    }

    /// Whether there are no frames.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.offsets.is_empty()
    }
}

impl PartialEq for Backtrace {
    fn eq(&self, other: &Self) -> bool {
        self.offsets == other.offsets
    }
}

impl Eq for Backtrace {}

impl Hash for Backtrace {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.offsets.hash(state);
    }
}

impl fmt::Display for Backtrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, frame) in self.frames().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            frame.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            function, offset, ..
        } = self;
        match function {
            Some(name) => write!(f, "{name}+{offset:#x}"),
            None => write!(f, "kernel+{offset:#x}"),
        }
    }
}
