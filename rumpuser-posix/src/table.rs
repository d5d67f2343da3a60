//! Tables whose keys are addresses or serial numbers.
//!
//! Nobody who could choose the keys gains by making them collide, so that they need no more than a
//! multiplication to be spread.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A hash table by address or serial number.
pub(crate) type Table<V> = HashMap<usize, V, BuildHasherDefault<Spread>>;

#[derive(Default)]
pub(crate) struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_usize(usize::from(byte));
        }
    }

    fn write_usize(&mut self, key: usize) {
        // The golden ratio; the table looks at the low bits, where a product varies least.
        let product = (self.0 ^ key as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = product ^ (product >> 32);
    }
}
