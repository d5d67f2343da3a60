//! What an evaluation may cost, so that every Makefile comes to an end.
//!
//! Variables that refer to each other twice, loops in loops and files that are included again and again grow
//! beyond all bounds in a few lines. All that grows is paid for here; the dearest component of a NetBSD tree
//! needs a fortieth.

use std::cell::Cell;

use super::error::Fault;

/// What an evaluation has, in characters of text.
const WHOLE: usize = 1 << 24;

/// What an expression, a modifier or a line costs besides its characters.
pub(crate) const STEP: usize = 64;

/// What is left to one evaluation.
#[derive(Debug)]
pub(crate) struct Budget(Cell<usize>);

impl Default for Budget {
    fn default() -> Self {
        Self(Cell::new(WHOLE))
    }
}

impl Budget {
    /// Pays for `characters`, before they are made.
    pub(crate) fn spend(&self, characters: usize) -> Result<(), Fault> {
        let left = self.0.get().checked_sub(characters);
        self.0.set(left.unwrap_or(0));
        left.map(drop).ok_or(Fault::TooMuch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spent_is_gone() {
        let budget = Budget::default();
        assert_eq!(budget.spend(WHOLE), Ok(()));
        assert_eq!(budget.spend(0), Ok(()));
        assert_eq!(budget.spend(1), Err(Fault::TooMuch));
        assert_eq!(Budget::default().spend(usize::MAX), Err(Fault::TooMuch));
    }
}
