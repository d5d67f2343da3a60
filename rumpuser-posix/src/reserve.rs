//! Memory for what the hypercalls allocate themselves.
//!
//! Rust ends the process when there is none for an allocation. What grows with the kernel's demand
//! asks first, with `try_reserve`, and says that there is none. The rest is small and bounded: a
//! thread's handle and name, an instance, what a death is told with. For a thread and an instance
//! the host is asked beforehand whether it has as much; for a death each kernel holds some in
//! reserve.

use parking_lot::Mutex;

/// What starting a thread, or a thread's first entry, allocates at most, in bytes.
pub(crate) const FOR_THREAD: usize = 4 << 10;
/// What the answer to a kernel that asks for a parameter takes, in bytes; more than any is long.
pub(crate) const FOR_PARAMETER: usize = 16 << 10;
/// What setting up an instance allocates at most, in bytes, its reserve included.
pub(crate) const FOR_INSTANCE: usize = 96 << 10;
/// What the message and the backtrace of a death need at most, in bytes.
const FOR_DEATH: usize = 32 << 10;

/// Whether the host has so much memory for us at the moment.
pub(crate) fn has(bytes: usize) -> bool {
    Vec::<u8>::new().try_reserve_exact(bytes).is_ok()
}

/// The memory that a kernel holds in reserve for its death.
#[derive(Debug)]
pub(crate) struct Reserve(Mutex<Vec<u8>>);

impl Reserve {
    /// Without memory there is no reserve; see [`has`].
    pub(crate) fn new() -> Self {
        let reserve = Self(Mutex::new(Vec::new()));
        reserve.refill();
        reserve
    }

    /// Takes back what was released, if the host has it.
    pub(crate) fn refill(&self) {
        let _none = self.0.lock().try_reserve_exact(FOR_DEATH);
    }

    /// Gives it to whoever allocates next.
    pub(crate) fn release(&self) {
        *self.0.lock() = Vec::new();
    }
}
