//! Which pages of a chunk are used.

use std::ops::Range;

/// What blocks are made of. Smaller than some hosts' pages, which does not matter within a chunk.
pub(super) const PAGE: usize = 4 << 10;
/// A chunk lies at a multiple of its size.
pub(super) const CHUNK: usize = 1 << 20;
const WORDS: usize = CHUNK / PAGE / WORD;
const WORD: usize = u64::BITS as usize;
/// The longest block; a longer one is better mapped on its own.
pub(super) const LONGEST: usize = WORD * PAGE;
/// How many pages the host is asked for at once. One by one, as they are touched, they cost four
/// times as much.
const BATCH: usize = 16;

/// The pages of a chunk: which are used, and which are the last of their block. No block crosses
/// the words of these sets.
#[derive(Debug, Default)]
pub(super) struct Chunk {
    used: [u64; WORDS],
    last: [u64; WORDS],
    /// In some thread's magazine.
    lent: [u64; WORDS],
    /// So many from the first on the host has been asked for.
    there: usize,
}

impl Chunk {
    /// Takes a block; the number of its first page.
    pub(super) fn take(&mut self, pages: usize) -> Option<usize> {
        for word in 0..WORDS {
            let mut starts = !self.used[word];
            for shift in 1..pages {
                starts &= !self.used[word] >> shift;
            }
            // Shifting brings in zeroes, so that the block ends within the word.
            if starts != 0 {
                let first = starts.trailing_zeros() as usize;
                self.used[word] |= run(first, pages);
                self.last[word] |= 1 << (first + pages - 1);
                return Some(word * WORD + first);
            }
        }
        None
    }

    /// The pages that the host should be asked for when a block has been taken, if any. Of large
    /// blocks kernels often use little.
    pub(super) fn missing(&mut self, block: Range<usize>) -> Option<Range<usize>> {
        let there = self.there;
        if block.end <= there {
            return None;
        }
        if block.len() > BATCH {
            self.there = block.end;
            return None;
        }
        self.there = block.end.next_multiple_of(BATCH).min(CHUNK / PAGE);
        Some(there..self.there)
    }

    /// Gives a block back. False if no block begins there.
    pub(super) fn give(&mut self, page: usize) -> bool {
        let (word, first) = (page / WORD, page % WORD);
        let begins = first == 0 || (!self.used[word] | self.last[word]) & 1 << (first - 1) != 0;
        if self.used[word] & 1 << first == 0 || !begins {
            return false;
        }
        let pages = (self.last[word] >> first).trailing_zeros() as usize + 1;
        self.used[word] &= !run(first, pages);
        self.last[word] &= !(1 << (first + pages - 1));
        true
    }

    /// Notes whether a page is in a magazine.
    pub(super) fn lend(&mut self, page: usize, is_lent: bool) {
        let (word, bit) = (&mut self.lent[page / WORD], 1 << (page % WORD));
        *word = if is_lent { *word | bit } else { *word & !bit };
    }

    pub(super) fn is_lent(&self, page: usize) -> bool {
        self.lent[page / WORD] & 1 << (page % WORD) != 0
    }

    pub(super) fn is_full(&self) -> bool {
        self.used.iter().all(|&word| word == u64::MAX)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.used.iter().all(|&word| word == 0)
    }
}

/// The bits of so many pages.
fn run(first: usize, pages: usize) -> u64 {
    u64::MAX >> (WORD - pages) << first
}
