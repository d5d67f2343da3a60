//! Where a kernel's console goes when the program has not said: to the program's log, or nowhere.
//!
//! Each feature, `log` and `tracing`, brings its own, and both together bring both. A record has
//! the target [`TARGET`] and names the kernel by its host name, or by a number when the builder
//! gave it none.

use rumpuser_posix::{Console, Parameters};

/// The target of log records, by which a program filters them.
#[cfg(any(feature = "log", feature = "tracing"))]
const TARGET: &str = "rumpkernel::console";

/// A console for a kernel with these parameters.
#[cfg(not(any(feature = "log", feature = "tracing")))]
pub(crate) fn unasked(_parameters: &Parameters) -> Console {
    Console::Discard
}

/// A console for a kernel with these parameters.
#[cfg(any(feature = "log", feature = "tracing"))]
pub(crate) fn unasked(parameters: &Parameters) -> Console {
    use std::sync::atomic::{AtomicUsize, Ordering};

    static LAST: AtomicUsize = AtomicUsize::new(0);
    let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
    let name = parameters.get(Parameters::HOST_NAME);
    let name = name.map_or_else(|| number.to_string(), str::to_owned);
    Console::sink(move |text| {
        let text = String::from_utf8_lossy(text);
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            record(&name, line);
        }
    })
}

/// The severity of a line, guessed from its words: printf(9) knows no levels.
#[cfg(any(feature = "log", feature = "tracing"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Error,
    Warn,
    Info,
}

#[cfg(any(feature = "log", feature = "tracing"))]
impl Level {
    fn of(line: &str) -> Self {
        let line = line.to_ascii_lowercase();
        if line.starts_with("panic: ") {
            Self::Error
        } else if ["warning", "error", "failed"]
            .into_iter()
            .any(|word| line.contains(word))
        {
            Self::Warn
        } else {
            Self::Info
        }
    }
}

#[cfg(any(feature = "log", feature = "tracing"))]
fn record(kernel: &str, line: &str) {
    let level = Level::of(line);
    #[cfg(feature = "log")]
    {
        let level = match level {
            Level::Error => log::Level::Error,
            Level::Warn => log::Level::Warn,
            Level::Info => log::Level::Info,
        };
        log::log!(target: TARGET, level, "kernel {kernel}: {line}");
    }
    #[cfg(feature = "tracing")]
    match level {
        Level::Error => tracing::error!(target: TARGET, kernel, "{line}"),
        Level::Warn => tracing::warn!(target: TARGET, kernel, "{line}"),
        Level::Info => tracing::info!(target: TARGET, kernel, "{line}"),
    }
}

#[cfg(all(test, any(feature = "log", feature = "tracing")))]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_level_that_its_words_have() {
        for (line, level) in [
            ("panic: lockdebug", Level::Error),
            ("WARNING: module error: `x' failed to init", Level::Warn),
            ("/mnt: file system not clean (fs_clean=0)", Level::Info),
            ("rump kernel halting...", Level::Info),
        ] {
            assert_eq!(Level::of(line), level, "{line}");
        }
    }
}
