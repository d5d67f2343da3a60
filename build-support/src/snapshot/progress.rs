//! What the snapshot stage tells while it works.

/// Hears how far a long step has come, and what a user should know.
///
/// A build script prints warnings and drops the rest; the command line draws a bar.
pub trait Progress {
    /// A step begins, such as "downloading"; it will take `total` bytes, if that is known.
    fn begin(&mut self, step: &str, total: Option<u64>) {
        let _ = (step, total);
    }

    /// `bytes` more of the step are done.
    fn advance(&mut self, bytes: u64) {
        let _ = bytes;
    }

    /// The step is over, done or not.
    fn end(&mut self) {}

    /// Something that is no error, yet must not go unseen.
    fn warn(&mut self, message: &str);
}

/// Drops everything but warnings, which it keeps.
#[derive(Debug, Default)]
pub struct Warnings(pub Vec<String>);

impl Progress for Warnings {
    fn warn(&mut self, message: &str) {
        self.0.push(message.to_owned());
    }
}
