//! Faults on demand: what the host hardly ever does to a kernel, for tests.

mod kind;

use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng, SeedableRng};

pub use kind::{Fault, UnknownFault};

/// When a hypercall fails.
#[derive(Clone, Debug)]
enum When {
    /// After so many that succeed, so many times.
    Count { after: u64, times: u64 },
    /// When a random number is below this.
    Chance {
        below: u64,
        numbers: Xoshiro256PlusPlus,
    },
}

impl When {
    fn strikes(&mut self) -> bool {
        match self {
            Self::Count { after: 0, times } => {
                let strikes = *times > 0;
                *times = times.saturating_sub(1);
                strikes
            }
            Self::Count { after, .. } => {
                *after -= 1;
                false
            }
            Self::Chance { below, numbers } => numbers.next_u64() < *below,
        }
    }

    fn is_over(&self) -> bool {
        matches!(self, Self::Count { times: 0, .. })
    }
}

#[derive(Debug, Default)]
struct State {
    armed: Vec<(Fault, When)>,
    /// How often each was asked for, by its place in [`Fault::ALL`]. Empty while nobody counts.
    asked: Vec<u64>,
}

/// The faults that one kernel's hypercalls are to report. May be armed and disarmed by any thread.
#[derive(Debug, Default)]
pub struct Faults {
    /// Whether hypercalls have to look at the state.
    any: AtomicBool,
    state: Mutex<State>,
}

impl Faults {
    /// Whether anything is to fail, or is counted.
    pub(crate) fn any(&self) -> bool {
        self.any.load(Ordering::Acquire)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state.lock();
        change(&mut state);
        let any = !state.armed.is_empty() || !state.asked.is_empty();
        self.any.store(any, Ordering::Release);
    }

    fn set(&self, fault: Fault, when: Option<When>) {
        self.change(|state| {
            state.armed.retain(|(other, _)| *other != fault);
            state.armed.extend(when.map(|when| (fault, when)));
        });
    }

    /// Lets the next `after` hypercalls that could fail this way succeed, the `times` that follow
    /// fail, and then all succeed again. Replaces what was armed for the same fault.
    pub fn arm(&self, fault: Fault, after: u64, times: u64) {
        self.set(fault, (times > 0).then_some(When::Count { after, times }));
    }

    /// Lets each hypercall that could fail this way fail with this probability, from 0 to 1, until
    /// it is disarmed. The same seed lets the same ones fail. Replaces what was armed for the same
    /// fault.
    pub fn arm_by_chance(&self, fault: Fault, probability: f64, seed: u64) {
        // Beyond either end it is the end.
        let below = (probability * u64::MAX as f64) as u64;
        let numbers = Xoshiro256PlusPlus::seed_from_u64(seed);
        self.set(fault, Some(When::Chance { below, numbers }));
    }

    /// Returns whether a fault has still to strike.
    #[must_use]
    pub fn is_armed(&self, fault: Fault) -> bool {
        let state = self.state.lock();
        state.armed.iter().any(|(armed, _)| *armed == fault)
    }

    /// No more faults of any kind.
    pub fn disarm(&self) {
        self.change(|state| state.armed.clear());
    }

    /// Begins to count the hypercalls that could fail, from 0 on.
    pub fn count(&self) {
        self.change(|state| state.asked = vec![0; Fault::ALL.len()]);
    }

    /// Returns how many hypercalls could have failed this way since [`count`](Self::count).
    #[must_use]
    pub fn counted(&self, fault: Fault) -> u64 {
        let asked = &self.state.lock().asked;
        asked.get(fault as usize).copied().unwrap_or(0)
    }

    /// Whether the hypercall that is being made has to fail this way.
    #[inline]
    pub(crate) fn strikes(&self, fault: Fault) -> bool {
        self.any() && self.strike(fault)
    }

    #[cold]
    fn strike(&self, fault: Fault) -> bool {
        let mut strikes = false;
        self.change(|state| {
            if let Some(asked) = state.asked.get_mut(fault as usize) {
                *asked += 1;
            }
            if let Some((_, when)) = state.armed.iter_mut().find(|(armed, _)| *armed == fault) {
                strikes = when.strikes();
            }
            state.armed.retain(|(_, when)| !when.is_over());
        });
        strikes
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

    #[test]
    fn chance_is_what_was_asked_for_and_repeats_itself() {
        let struck = |probability, seed| -> Vec<bool> {
            let faults = Faults::default();
            faults.arm_by_chance(Fault::Sync, probability, seed);
            (0..1000).map(|_| faults.strikes(Fault::Sync)).collect()
        };
        let often = |struck: &[bool]| struck.iter().filter(|&&strikes| strikes).count();
        assert_eq!(often(&struck(0.0, 1)), 0);
        assert_eq!(often(&struck(1.0, 1)), 1000);
        let some = struck(0.25, 1);
        assert!((200..300).contains(&often(&some)));
        assert_eq!(some, struck(0.25, 1));
        assert_ne!(some, struck(0.25, 2));
    }

    #[test]
    fn hypercalls_that_could_fail_are_counted() {
        let faults = Faults::default();
        faults.strikes(Fault::Open);
        faults.count();
        faults.strikes(Fault::Open);
        faults.strikes(Fault::Open);
        assert_eq!(
            (faults.counted(Fault::Open), faults.counted(Fault::Read)),
            (2, 0)
        );
        faults.disarm();
        assert_eq!(faults.counted(Fault::Open), 2);
    }

    #[test]
    fn faults_have_names() {
        for (index, &fault) in Fault::ALL.iter().enumerate() {
            assert_eq!(fault as usize, index);
            assert_eq!(fault.to_string().parse(), Ok(fault));
        }
        let error = "flood".parse::<Fault>().unwrap_err().to_string();
        assert!(
            error.contains("\"flood\"") && error.contains("short-read"),
            "{error}"
        );
    }
}
