//! The end of a kernel that has run out of memory for good.

use std::time::Duration;

use super::Instance;
use crate::state::memory::{MemoryPatience, is_complaint};

impl Instance {
    /// Hears what the kernel says. Does not return when that means its end.
    pub(crate) fn hear(&self, text: &[u8]) {
        if is_complaint(text) {
            self.starve();
        }
    }

    /// Notes that the kernel has found no memory. Does not return when that has gone on for too
    /// long.
    pub(crate) fn starve(&self) {
        let Ok((seconds, nanos)) = self.time.monotonic() else {
            return;
        };
        let whole = |number: i64| u64::try_from(number).unwrap_or(0);
        let now = Duration::from_secs(whole(seconds)) + Duration::from_nanos(whole(nanos));
        let starving = self.memory.starvation.go_on(now);
        let MemoryPatience(patience) = self.memory_patience;
        if patience.is_some_and(|patience| starving >= patience) {
            self.fail(
                "rumpuser: out of memory: calls wait for memory, and the kernel has none left that \
                 it could give back",
            );
        }
    }
}
