//! Places for objects that all threads share.

use std::sync::{Arc, Mutex, PoisonError};

use crate::dice::Dice;

/// A few places for values of one type. A thread that uses a value shares it with whoever takes it
/// out of its place meanwhile; the last of them drops it.
pub(crate) struct Slots<T>(Vec<Mutex<Option<Arc<T>>>>);

impl<T> Slots<T> {
    pub(crate) fn new(count: usize) -> Self {
        Self((0..count).map(|_| Mutex::new(None)).collect())
    }

    fn with<R>(&self, dice: &mut Dice, f: impl FnOnce(&mut Option<Arc<T>>) -> R) -> R {
        let place = &self.0[dice.below(self.0.len())];
        f(&mut place.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is in a random place.
    pub(crate) fn get(&self, dice: &mut Dice) -> Option<Arc<T>> {
        self.with(dice, |place| place.clone())
    }

    /// Takes what is in a random place out of it.
    pub(crate) fn take(&self, dice: &mut Dice) -> Option<Arc<T>> {
        self.with(dice, Option::take)
    }

    /// Puts a value into a random place. What was there goes, with no lock held.
    pub(crate) fn put(&self, dice: &mut Dice, value: impl Into<Arc<T>>) {
        let new = value.into();
        let old = self.with(dice, |place| place.replace(new));
        drop(old);
    }
}
