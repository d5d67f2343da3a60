//! What befalls frames on their way.

use std::time::Duration;

/// Conditions of a link: loss, delay, duplication. A default one is perfect: nothing is lost, and
/// frames arrive at once.
///
/// Chances are between 0 and 1. What happens follows from the seed, separately for each pair of
/// ports, and in each for the n-th frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[must_use]
pub struct Conditions {
    seed: u64,
    delay: Duration,
    jitter: Duration,
    loss: f64,
    duplication: f64,
}

impl Conditions {
    /// A perfect link.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the seed of the random numbers that decide which frames are lost, late or doubled.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets how long each frame takes, by the clock of the kernel that it goes to. With a delay,
    /// and clocks that are moved by hand, frames that several ports send to one arrive in the same
    /// order in every run; without one, they arrive in the order in which the threads came that
    /// sent them.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Sets how much longer some frames take than others, at most: they overtake each other.
    pub fn jitter(mut self, jitter: Duration) -> Self {
        self.jitter = jitter;
        self
    }

    /// The chance that a frame is lost.
    pub fn loss(mut self, chance: f64) -> Self {
        self.loss = chance;
        self
    }

    /// The chance that a frame arrives twice.
    pub fn duplication(mut self, chance: f64) -> Self {
        self.duplication = chance;
        self
    }
}

/// The fate of frames from one port to another.
#[derive(Debug)]
pub(super) struct Fate {
    conditions: Conditions,
    state: u64,
}

impl Fate {
    pub(super) fn new(conditions: Conditions, from: usize, to: usize) -> Self {
        let mut fate = Self {
            conditions,
            state: conditions.seed,
        };
        // Other ports see other chances.
        fate.state ^= fate.next().wrapping_mul(from as u64 + 1);
        fate.state ^= fate.next().wrapping_mul(to as u64 + 1);
        fate
    }

    /// The delays after which the next frame arrives: none, one or two.
    pub(super) fn of_next(&mut self) -> impl Iterator<Item = Duration> + use<> {
        let Conditions {
            delay,
            jitter,
            loss,
            duplication,
            ..
        } = self.conditions;
        // Always as many numbers, so that one condition does not change what follows from others.
        let [lost, doubled, first, second] = std::array::from_fn(|_| self.chance());
        let late = |share: f64| delay.saturating_add(jitter.mul_f64(share));
        let original = (lost >= loss).then(|| late(first));
        let copy = (lost >= loss && doubled < duplication).then(|| late(second));
        original.into_iter().chain(copy)
    }

    /// A number from 0 up to 1.
    fn chance(&mut self) -> f64 {
        const BITS: u32 = f64::MANTISSA_DIGITS;
        (self.next() >> (u64::BITS - BITS)) as f64 / (1_u64 << BITS) as f64
    }

    /// SplitMix64, so that a seed means the same on every machine and in every version.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fates(conditions: Conditions, to: usize) -> Vec<Vec<Duration>> {
        let mut fate = Fate::new(conditions, 0, to);
        (0..1000).map(|_| fate.of_next().collect()).collect()
    }

    #[test]
    fn a_perfect_link_delivers_each_frame_once_and_at_once() {
        let all = fates(Conditions::new().seed(1), 1);
        assert!(all.iter().all(|delays| delays == &[Duration::ZERO]));
    }

    #[test]
    fn chances_are_met_and_follow_from_the_seed() {
        let lossy = Conditions::new().seed(7).loss(0.3).duplication(0.1);
        let all = fates(lossy, 1);
        let lost = all.iter().filter(|delays| delays.is_empty()).count();
        let doubled = all.iter().filter(|delays| delays.len() == 2).count();
        // Five standard deviations around 300 and 70.
        assert!((230..370).contains(&lost), "{lost}");
        assert!((30..110).contains(&doubled), "{doubled}");
        assert_eq!(all, fates(lossy, 1));
        assert_ne!(all, fates(lossy, 2));
        assert_ne!(all, fates(lossy.seed(8), 1));
        let none = fates(lossy.loss(1.0), 1);
        assert!(none.iter().all(Vec::is_empty));
    }

    #[test]
    fn jitter_reorders() {
        let second = Duration::from_secs(1);
        let all = fates(Conditions::new().delay(second).jitter(second), 1);
        let delays: Vec<_> = all.into_iter().flatten().collect();
        assert!(
            delays
                .iter()
                .all(|&delay| delay >= second && delay <= 2 * second)
        );
        assert!(!delays.is_sorted());
    }
}
