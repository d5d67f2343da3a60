//! Pages that one thread gives to its kernel and takes back without a lock.
//!
//! A magazine belongs to a thread and a kernel. It has the pages that the thread took last, each
//! with whether the kernel has it at the moment. To the [pages](super::pages) of the kernel all of
//! them are in use.
//!
//! A page that the kernel has can be freed by any thread, twice by mistake, and by two threads at
//! once. Of these exactly one succeeds: the owner marks the page with an atomic exchange; the
//! others, who come with the lock of the kernel's pages, take it out with one. All else only the
//! owner does: handing out a page that the kernel has not takes no more than a store, and the lock
//! where a slot gets another page, so that with the lock held slots stay as they are but for that
//! mark.

use super::atomic::{AtomicUsize, Ordering};

/// So many pages a magazine has.
pub(super) const PAGES: usize = 6;

/// In the address of a page: the kernel has it.
const OUT: usize = 1;

/// A page that is in no magazine any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Former {
    pub(super) page: usize,
    /// Whether the kernel has it.
    pub(super) is_out: bool,
}

impl Former {
    fn of(word: usize) -> Option<Self> {
        (word != 0).then_some(Self {
            page: word & !OUT,
            is_out: word & OUT != 0,
        })
    }
}

/// Alone in its cache lines, of which some processors fetch two at once.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Magazine {
    kernel: u64,
    /// The addresses of the pages, the last one first, with [`OUT`]; 0 if there is none.
    slots: [AtomicUsize; PAGES],
}

impl Magazine {
    /// An empty one for pages of this kernel's.
    pub(super) fn new(kernel: u64) -> Self {
        Self {
            kernel,
            slots: std::array::from_fn(|_| AtomicUsize::new(0)),
        }
    }

    pub(super) fn kernel(&self) -> u64 {
        self.kernel
    }

    /// Hands out a page, if there is one that the kernel has not. For the owner.
    #[inline]
    pub(super) fn take(&self) -> Option<usize> {
        self.slots.iter().find_map(|slot| {
            let word = slot.load(Ordering::Relaxed);
            (word != 0 && word & OUT == 0).then(|| {
                slot.store(word | OUT, Ordering::Relaxed);
                word
            })
        })
    }

    /// Takes a page back that the kernel has, and returns whether it was one. For the owner.
    #[inline]
    pub(super) fn give(&self, page: usize) -> bool {
        self.change(page, page)
    }

    /// Puts in a page that the kernel gets, in the place of the oldest. For the owner, with the
    /// lock of the kernel's pages.
    pub(super) fn put(&self, page: usize) -> Option<Former> {
        let mut word = page | OUT;
        for slot in &self.slots {
            let next = slot.load(Ordering::Relaxed);
            slot.store(word, Ordering::Relaxed);
            word = next;
            if word == 0 {
                break;
            }
        }
        Former::of(word)
    }

    /// Takes out a page that the kernel has, and returns whether it was one. With the lock of the
    /// kernel's pages.
    pub(super) fn recall(&self, page: usize) -> bool {
        self.change(page, 0)
    }

    /// The pages of one that has no owner any more.
    pub(super) fn pages(&self) -> impl Iterator<Item = Former> {
        let words = self.slots.iter();
        words.filter_map(|slot| Former::of(slot.load(Ordering::Relaxed)))
    }

    /// Changes the slot of a page that the kernel has. `page` may be any address: one with the mark
    /// would be taken for what is in a slot.
    #[inline]
    fn change(&self, page: usize, to: usize) -> bool {
        let word = page | OUT;
        let change = |slot: &AtomicUsize| {
            slot.load(Ordering::Relaxed) == word
                && slot
                    .compare_exchange(word, to, Ordering::Relaxed, Ordering::Relaxed)
                    .is_ok()
        };
        page & OUT == 0 && self.slots.iter().any(change)
    }
}

#[cfg(all(test, not(loom)))]
pub(super) mod tests {
    use std::sync::atomic::AtomicU64;

    use super::*;

    /// A kernel of which no thread has a magazine yet.
    pub(in crate::state::memory) fn new_kernel() -> u64 {
        static LAST: AtomicU64 = AtomicU64::new(0);
        LAST.fetch_add(1, Ordering::Relaxed)
    }

    const PAGE: usize = 4096;

    #[test]
    fn pages_go_out_and_come_back_once() {
        let magazine = Magazine::new(1);
        assert_eq!(magazine.take(), None);
        assert!(!magazine.give(PAGE) && !magazine.recall(PAGE));
        assert_eq!(magazine.put(PAGE), None);
        assert_eq!(magazine.take(), None, "the kernel has it");
        assert!(magazine.give(PAGE));
        assert!(!magazine.give(PAGE) && !magazine.recall(PAGE), "twice");
        assert_eq!(magazine.take(), Some(PAGE));
        assert!(magazine.recall(PAGE));
        assert!(!magazine.give(PAGE) && !magazine.recall(PAGE), "twice");
        assert_eq!(magazine.take(), None, "it is somebody else's");
        assert_eq!(magazine.put(PAGE), None);
        for address in [0, 1, PAGE - 1, PAGE + 1, PAGE + 2, usize::MAX] {
            assert!(!magazine.give(address) && !magazine.recall(address));
        }
        assert!(magazine.give(PAGE));
        assert!(!magazine.give(PAGE + 1) && !magazine.give(PAGE - 1));
        assert_eq!(magazine.take(), Some(PAGE));
    }

    #[test]
    fn the_oldest_page_makes_room() {
        let magazine = Magazine::new(1);
        let pages = (1..=PAGES).map(|page| page * PAGE);
        assert!(pages.clone().all(|page| magazine.put(page).is_none()));
        let former = |page, is_out| Some(Former { page, is_out });
        assert_eq!(magazine.put(100 * PAGE), former(PAGE, true));
        // A place that is free comes first.
        assert!(magazine.recall(3 * PAGE));
        assert_eq!(magazine.put(101 * PAGE), None);
        assert_eq!(magazine.put(102 * PAGE), former(2 * PAGE, true));
        assert!(magazine.give(4 * PAGE));
        assert_eq!(magazine.put(103 * PAGE), former(4 * PAGE, false));
        assert_eq!(magazine.pages().count(), PAGES);
    }
}
