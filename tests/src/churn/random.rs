//! Numbers, names and contents by chance, the same for the same seed.

/// Marsaglia's xorshift.
#[derive(Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        // Zero would stay zero.
        let mut random = Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..8 {
            random.next();
        }
        random
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `limit`, which is not 0.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).expect("limits are small");
        usize::try_from((self.next() >> 8) % limit).expect("smaller than the limit")
    }

    /// A name of small letters, which no format changes: short as often as long.
    pub(super) fn name(&mut self, longest: usize) -> String {
        let limit = if self.below(2) == 0 {
            longest.min(8)
        } else {
            longest
        };
        let length = self.below(limit) + 1;
        let letter = |random: &mut Self| {
            let letter = u8::try_from(random.below(26)).expect("there are 26 letters");
            char::from(b'a' + letter)
        };
        (0..length).map(|_| letter(self)).collect()
    }

    pub(super) fn bytes(&mut self, length: usize) -> Vec<u8> {
        let words = (0..length.div_ceil(8)).flat_map(|_| self.next().to_le_bytes());
        words.take(length).collect()
    }
}
