//! What is done to an image.

use std::fmt;

use fastrand::Rng;

/// Values that counts, block numbers and lengths are badly compared with.
const EDGES: [u32; 8] = [
    0,
    1,
    0x7f,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fffe,
    0xffff_ffff,
];
/// Images are damaged in lines of this many bytes that hold anything at all: in an image that is
/// mostly empty nobody would notice the rest.
const LINE: usize = 32;

/// A damage that can be done again: it follows from a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damage {
    seed: u64,
}

impl Damage {
    /// The damage with this number.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// Damages an image, in one to eight places.
    pub fn apply(self, image: &mut [u8]) {
        let mut random = Rng::with_seed(self.seed);
        let lines: Vec<usize> = image
            .chunks(LINE)
            .enumerate()
            .filter(|(_, line)| line.iter().any(|&byte| byte != 0))
            .map(|(number, _)| number * LINE)
            .collect();
        for _ in 0..random.usize(1..=8) {
            let Some(&line) = random.choice(&lines) else {
                return;
            };
            // Fields of file systems are aligned.
            let at = line + random.usize(0..LINE / 4) * 4;
            let Some(word) = image.get_mut(at..at + 4) else {
                continue;
            };
            match random.u8(0..4) {
                0 => word[random.usize(0..4)] ^= 1 << random.u8(0..8),
                1 => word[random.usize(0..4)] = random.u8(..),
                2 => {
                    let edge = EDGES[random.usize(0..EDGES.len())];
                    word.copy_from_slice(&edge.to_le_bytes());
                }
                _ => word.copy_from_slice(&random.u32(..).to_le_bytes()),
            }
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.seed.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::Damage;

    #[test]
    fn a_number_stands_for_one_damage() {
        let image: Vec<u8> = (0..4096_u32).map(|byte| (byte % 251) as u8).collect();
        let damaged = |seed| {
            let mut image = image.clone();
            Damage::new(seed).apply(&mut image);
            image
        };
        assert_eq!(damaged(7), damaged(7));
        assert_ne!(damaged(7), damaged(8));
        assert_ne!(damaged(7), image);
    }

    #[test]
    fn an_empty_image_stays_empty() {
        let mut image = [0; 512];
        Damage::new(1).apply(&mut image);
        assert_eq!(image, [0; 512]);
    }
}
