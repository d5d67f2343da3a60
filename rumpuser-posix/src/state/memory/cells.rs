//! Places for the locks and the like that a kernel makes: there are thousands, of few sizes, and
//! all are gone with it.
//!
//! Which are free is not written into them: a kernel that writes past the end of what it has would
//! lead the next hypercall astray.

use std::collections::TryReserveError;
use std::ffi::c_int;
use std::ptr;

use parking_lot::Mutex;

use super::mappings::Mappings;
use super::pages::{PAGE, Pages};
use crate::table::Table;

/// What sizes there are. A place is aligned to its size.
const SIZES: [usize; 3] = [16, 64, 128];

const WORD: usize = u64::BITS as usize;
/// How many places a page has at most, in words of as many bits.
const WORDS: usize = PAGE / SIZES[0] / WORD;

/// The places of one page that are taken.
#[derive(Debug, Default)]
struct Taken([u64; WORDS]);

impl Taken {
    /// Takes one of `count` places; its number.
    fn take(&mut self, count: usize) -> Option<usize> {
        let free = |(word, bits): (usize, &mut u64)| {
            let first = bits.trailing_ones() as usize;
            let place = word * WORD + first;
            (first < WORD && place < count).then(|| {
                *bits |= 1 << first;
                place
            })
        };
        self.0.iter_mut().enumerate().find_map(free)
    }

    /// Gives one back. False if it was not taken.
    fn give(&mut self, place: usize) -> bool {
        let (bits, bit) = (&mut self.0[place / WORD], 1 << (place % WORD));
        let was_taken = *bits & bit != 0;
        *bits &= !bit;
        was_taken
    }

    fn count(&self) -> usize {
        self.0.iter().map(|bits| bits.count_ones() as usize).sum()
    }
}

/// The pages of places of one size.
#[derive(Debug, Default)]
struct Class {
    /// By address.
    pages: Table<Taken>,
    /// Those that have places left.
    roomy: Vec<usize>,
}

impl Class {
    /// Makes room for another page.
    fn reserve(&mut self) -> Result<(), TryReserveError> {
        self.pages.try_reserve(1)?;
        // As many as there are pages, so that giving a place back needs no memory.
        let missing = self.pages.len() + 1 - self.roomy.len();
        self.roomy.try_reserve(missing)
    }
}

/// The places of one kernel. They lie in pages of its own, and are given back with those.
#[derive(Debug, Default)]
pub(super) struct Cells([Mutex<Class>; SIZES.len()]);

/// Which size a `T` takes.
const fn class<T>() -> usize {
    let mut class = 0;
    while SIZES[class] < size_of::<T>() || SIZES[class] < align_of::<T>() {
        class += 1;
    }
    class
}

impl Cells {
    /// A place for a `T`, or the host's errno.
    pub(super) fn take<T>(&self, pages: &Pages, host: &Mappings) -> Result<*mut T, c_int> {
        let class = const { class::<T>() };
        let (size, count) = (SIZES[class], PAGE / SIZES[class]);
        let mut class = self.0[class].lock();
        if class.roomy.is_empty() {
            class.reserve().map_err(|_| libc::ENOMEM)?;
            let page = pages.allocate(PAGE, host)?.expose_provenance();
            class.pages.insert(page, Taken::default());
            class.roomy.push(page);
        }
        let Class { pages, roomy } = &mut *class;
        let page = roomy.last().copied().unwrap_or(0);
        let taken = pages.get_mut(&page).ok_or(libc::ENOMEM)?;
        let place = taken.take(count).ok_or(libc::ENOMEM)?;
        if taken.count() == count {
            roomy.pop();
        }
        Ok(ptr::with_exposed_provenance_mut(page + place * size))
    }

    /// Gives a place back. What is none, or was given back before, is left alone.
    ///
    /// # Safety
    ///
    /// Nobody uses it any more.
    pub(super) unsafe fn give<T>(&self, place: *mut T) {
        let class = const { class::<T>() };
        let (size, count) = (SIZES[class], PAGE / SIZES[class]);
        let mut class = self.0[class].lock();
        let page = place.addr() & !(PAGE - 1);
        let Class { pages, roomy } = &mut *class;
        if let Some(taken) = pages.get_mut(&page)
            && taken.give((place.addr() - page) / size)
            && taken.count() == count - 1
        {
            roomy.push(page);
        }
    }

    /// Forgets all places, whose pages are given back by the caller.
    pub(super) fn clear(&self) {
        for class in &self.0 {
            *class.lock() = Class::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::state::memory::magazine::tests::new_kernel;
    use crate::state::memory::mappings::tests::MAPPING;

    #[test]
    fn places_do_not_overlap_and_come_back() {
        let _alone = MAPPING.lock();
        let (cells, pages, host) = (
            Cells::default(),
            Pages::new(new_kernel()),
            Mappings::default(),
        );
        let take = || cells.take::<[u64; 8]>(&pages, &host).unwrap().addr();
        // SAFETY: nobody uses the places.
        let give = |place: usize| unsafe {
            cells.give::<[u64; 8]>(ptr::with_exposed_provenance_mut(place));
        };
        let first: BTreeSet<_> = (0..1000).map(|_| take()).collect();
        assert_eq!(first.len(), 1000);
        assert!(first.iter().all(|place| place.is_multiple_of(64)));
        first.iter().copied().for_each(give);
        // Twice, and what is none.
        first.iter().copied().for_each(give);
        give(64);
        let again: BTreeSet<_> = (0..1000).map(|_| take()).collect();
        assert_eq!(again.len(), 1000);
        let pages_of = |places: &BTreeSet<usize>| -> BTreeSet<usize> {
            places.iter().map(|place| place / PAGE).collect()
        };
        assert_eq!(pages_of(&again), pages_of(&first), "no page more");
        // SAFETY: nothing is used any more.
        unsafe { host.unmap_all() };
    }

    #[test]
    fn what_is_written_into_a_free_place_leads_nowhere() {
        let _alone = MAPPING.lock();
        let (cells, pages, host) = (
            Cells::default(),
            Pages::new(new_kernel()),
            Mappings::default(),
        );
        let take = || cells.take::<usize>(&pages, &host).unwrap();
        let place = take();
        // SAFETY: the place is given back, and written as a kernel would by mistake.
        unsafe {
            cells.give(place);
            place.write(usize::MAX / 3);
        }
        let places: BTreeSet<_> = (0..3).map(|_| take().addr()).collect();
        assert_eq!(places.len(), 3);
        assert!(
            places
                .iter()
                .all(|address| address.abs_diff(place.addr()) < PAGE)
        );
        // SAFETY: nothing is used any more.
        unsafe { host.unmap_all() };
    }
}
