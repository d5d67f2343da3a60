//! Where a kernel's code lies, and what its functions are called.

use std::ops::Range;

use super::program;
#[cfg(feature = "instances")]
use crate::Image;

/// The code of one kernel.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) range: Range<usize>,
    origin: Origin,
}

#[derive(Clone, Copy, Debug)]
enum Origin {
    /// Linked into this program.
    Program,
    /// Loaded at this address.
    #[cfg(feature = "instances")]
    Image(&'static Image, usize),
}

impl Code {
    pub(crate) fn linked(range: Range<usize>) -> Self {
        Self {
            range,
            origin: Origin::Program,
        }
    }

    #[cfg(feature = "instances")]
    pub(crate) fn loaded(image: &'static Image, base: usize) -> Self {
        Self {
            range: base + image.text.start as usize..base + image.text.end as usize,
            origin: Origin::Image(image, base),
        }
    }

    /// The function that `address` lies in, and how far behind its beginning.
    pub(crate) fn function_at(&self, address: usize) -> Option<(&'static str, usize)> {
        if !self.range.contains(&address) {
            return None;
        }
        let (name, offset) = match self.origin {
            Origin::Program => program::functions(&self.range).at(address)?,
            #[cfg(feature = "instances")]
            Origin::Image(image, base) => image.function_at((address - base) as u32)?,
        };
        Some((name.strip_prefix("rumpns_").unwrap_or(name), offset))
    }
}
