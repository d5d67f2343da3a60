//! Progress for people: a bar where standard error is a terminal, lines elsewhere.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use rumpkernel_build::snapshot::Progress;

/// Shows the steps of one snapshot. indicatif itself stays silent without a terminal.
pub(crate) struct Bar {
    snapshot: String,
    current: ProgressBar,
    warnings: bool,
}

impl Bar {
    /// For the snapshot of this name.
    pub(crate) fn new(snapshot: &str) -> Self {
        Self {
            snapshot: snapshot.to_owned(),
            current: ProgressBar::hidden(),
            warnings: true,
        }
    }

    /// For a command that does what the library would warn of.
    pub(crate) fn quiet(snapshot: &str) -> Self {
        Self {
            warnings: false,
            ..Self::new(snapshot)
        }
    }
}

impl Progress for Bar {
    fn begin(&mut self, step: &str, total: Option<u64>) {
        let (bar, template) = match total {
            Some(total) => (
                ProgressBar::new(total),
                "{msg} [{wide_bar}] {bytes}/{total_bytes} {bytes_per_sec}",
            ),
            None => (ProgressBar::new_spinner(), "{spinner} {msg} {bytes}"),
        };
        // The templates are constants; the default style is what remains if one were faulty.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(format!("{}: {step}", self.snapshot));
        bar.enable_steady_tick(Duration::from_millis(200));
        self.current = bar;
    }

    fn advance(&mut self, bytes: u64) {
        self.current.inc(bytes);
    }

    fn end(&mut self) {
        self.current.finish_and_clear();
    }

    fn warn(&mut self, message: &str) {
        if self.warnings {
            self.current.suspend(|| eprintln!("warning: {message}"));
        }
    }
}
