//! Which units of drivers such as cgd(4) the safe API uses.

use std::collections::BTreeSet;
use std::sync::Arc;

use parking_lot::Mutex;

/// The units of a kernel's drivers that are taken.
#[derive(Clone, Debug, Default)]
pub(crate) struct Units(Arc<Mutex<BTreeSet<(&'static str, u32)>>>);

/// A unit that nobody else is given until this is dropped.
#[derive(Debug)]
pub(crate) struct UnitNumber {
    units: Units,
    driver: &'static str,
    number: u32,
}

impl Units {
    /// Takes the lowest free unit of the driver from `first` on.
    pub(crate) fn take(&self, driver: &'static str, first: u32) -> UnitNumber {
        let mut taken = self.0.lock();
        let mut number = first;
        while !taken.insert((driver, number)) {
            number += 1;
        }
        UnitNumber {
            units: self.clone(),
            driver,
            number,
        }
    }
}

impl UnitNumber {
    pub(crate) fn get(&self) -> u32 {
        self.number
    }

    /// Leaves the unit taken for as long as the kernel lives.
    pub(crate) fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for UnitNumber {
    fn drop(&mut self) {
        self.units.0.lock().remove(&(self.driver, self.number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_free_again_when_it_is_dropped() {
        let units = Units::default();
        let (first, second) = (units.take("cgd", 0), units.take("cgd", 0));
        assert_eq!((first.get(), second.get()), (0, 1));
        assert_eq!(units.take("vnd", 0).get(), 0);
        drop(first);
        assert_eq!(units.take("cgd", 0).get(), 0);
        assert_eq!(units.take("cgd", 1).get(), 2);
        second.keep();
        assert_eq!(units.take("cgd", 1).get(), 2);
    }
}
