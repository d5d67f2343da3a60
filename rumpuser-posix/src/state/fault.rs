//! Faults on demand: what the host hardly ever does to a kernel, for tests.

use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

/// A way in which hypercalls can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fault {
    /// `rumpuser_malloc` and `rumpuser_anonmmap` find no memory.
    Memory,
    /// `rumpuser_open` fails with an I/O error.
    Open,
    /// A read of a disk or file fails with an I/O error.
    Read,
    /// A read of a disk or file ends early, as if the file had been cut short.
    ShortRead,
    /// A write to a disk or file fails with an I/O error.
    Write,
    /// Data cannot be made durable.
    Sync,
    /// No thread can be created.
    Thread,
}

/// A fault that waits for its time.
#[derive(Clone, Copy, Debug)]
struct Armed {
    fault: Fault,
    after: u64,
    times: u64,
}

/// The faults that one kernel's hypercalls are to report.
#[derive(Debug, Default)]
pub struct Faults {
    any: AtomicBool,
    armed: Mutex<Vec<Armed>>,
}

impl Faults {
    /// Whether anything is to fail.
    pub(crate) fn any(&self) -> bool {
        self.any.load(Ordering::Relaxed)
    }

    /// Lets the next `after` hypercalls that could fail this way succeed, the `times` that follow
    /// fail, and then all succeed again. Replaces what was armed for the same fault.
    pub fn arm(&self, fault: Fault, after: u64, times: u64) {
        let mut armed = self.armed.lock();
        armed.retain(|other| other.fault != fault);
        if times > 0 {
            armed.push(Armed {
                fault,
                after,
                times,
            });
        }
        self.any.store(!armed.is_empty(), Ordering::Release);
    }

    /// Returns whether a fault has still to strike.
    #[must_use]
    pub fn is_armed(&self, fault: Fault) -> bool {
        self.armed.lock().iter().any(|armed| armed.fault == fault)
    }

    /// No more faults of any kind.
    pub fn disarm(&self) {
        self.armed.lock().clear();
        self.any.store(false, Ordering::Release);
    }

    /// Whether the hypercall that is being made has to fail this way.
    pub(crate) fn strikes(&self, fault: Fault) -> bool {
        if !self.any.load(Ordering::Acquire) {
            return false;
        }
        let mut armed = self.armed.lock();
        let Some(index) = armed.iter().position(|armed| armed.fault == fault) else {
            return false;
        };
        let fault = &mut armed[index];
        if fault.after > 0 {
            fault.after -= 1;
            return false;
        }
        fault.times -= 1;
        if fault.times == 0 {
            armed.swap_remove(index);
            self.any.store(!armed.is_empty(), Ordering::Release);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Faults};

    #[test]
    fn faults_strike_when_they_are_due() {
        let faults = Faults::default();
        assert!(!faults.strikes(Fault::Read));
        faults.arm(Fault::Read, 1, 2);
        assert!(!faults.strikes(Fault::Write));
        let struck: Vec<bool> = (0..5).map(|_| faults.strikes(Fault::Read)).collect();
        assert_eq!(struck, [false, true, true, false, false]);
    }
}
