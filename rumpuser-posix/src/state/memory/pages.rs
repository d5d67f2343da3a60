//! Blocks of whole pages.
//!
//! Kernels take nearly all their memory in pages that are aligned to a page, of which a general
//! allocator loses half, and which it keeps when the kernel is gone. Here they come from chunks
//! that are mapped for one kernel, and are unmapped with it, or when nothing of them is used any
//! more.

use std::ffi::{c_int, c_void};
use std::ops::Range;
use std::ptr;

use parking_lot::Mutex;

use super::mappings::Mappings;
use crate::host;
use crate::table::Table;

/// What blocks are made of. Smaller than some hosts' pages, which does not matter within a chunk.
pub(super) const PAGE: usize = 4 << 10;
/// A chunk lies at a multiple of its size.
const CHUNK: usize = 1 << 20;
const WORDS: usize = CHUNK / PAGE / WORD;
const WORD: usize = u64::BITS as usize;
/// The longest block; a longer one is better mapped on its own.
pub(super) const LONGEST: usize = WORD * PAGE;
/// How many pages the host is asked for at once. One by one, as they are touched, they cost four
/// times as much.
const BATCH: usize = 16;
/// In so many chunks a place is looked for before there is a new one.
const TRIES: usize = 8;

/// The pages of a chunk: which are used, and which are the last of their block. No block crosses
/// the words of these sets.
#[derive(Debug, Default)]
struct Chunk {
    used: [u64; WORDS],
    last: [u64; WORDS],
    /// So many from the first on the host has been asked for.
    there: usize,
}

impl Chunk {
    /// Takes a block; the number of its first page.
    fn take(&mut self, pages: usize) -> Option<usize> {
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
    fn missing(&mut self, block: Range<usize>) -> Option<Range<usize>> {
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
    fn give(&mut self, page: usize) -> bool {
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

    fn is_full(&self) -> bool {
        self.used.iter().all(|&word| word == u64::MAX)
    }

    fn is_empty(&self) -> bool {
        self.used.iter().all(|&word| word == 0)
    }
}

/// The bits of so many pages.
fn run(first: usize, pages: usize) -> u64 {
    u64::MAX >> (WORD - pages) << first
}

/// Asks the host for pages of the chunk at `start`.
fn fill(start: usize, pages: Option<Range<usize>>) {
    if let Some(Range { start: first, end }) = pages {
        host::populate(start + first * PAGE, (end - first) * PAGE);
    }
}

#[derive(Debug, Default)]
struct State {
    /// By address.
    chunks: Table<Chunk>,
    /// Those that are not full.
    roomy: Vec<usize>,
}

/// The blocks of one kernel.
#[derive(Debug, Default)]
pub(super) struct Pages(Mutex<State>);

impl Pages {
    /// A block of at most [`LONGEST`] bytes, aligned to [`PAGE`], or the host's errno.
    pub(super) fn allocate(
        &self,
        length: usize,
        mappings: &Mappings,
    ) -> Result<*mut c_void, c_int> {
        let pages = length.div_ceil(PAGE).max(1);
        let mut state = self.0.lock();
        let State { chunks, roomy } = &mut *state;
        for index in (0..roomy.len()).rev().take(TRIES) {
            let start = roomy[index];
            if let Some(chunk) = chunks.get_mut(&start)
                && let Some(first) = chunk.take(pages)
            {
                if chunk.is_full() {
                    roomy.swap_remove(index);
                }
                fill(start, chunk.missing(first..first + pages));
                return Ok(ptr::with_exposed_provenance_mut(start + first * PAGE));
            }
        }
        // As much as there are chunks, so that giving a block back needs no memory.
        let missing = chunks.len() + 1 - roomy.len();
        (chunks
            .try_reserve(1)
            .and_then(|()| roomy.try_reserve(missing)))
        .map_err(|_| libc::ENOMEM)?;
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let start = mappings.map(ptr::null_mut(), CHUNK, CHUNK, protection)?;
        let mut chunk = Chunk::default();
        chunk.take(pages);
        fill(start.addr(), chunk.missing(0..pages));
        chunks.insert(start.addr(), chunk);
        roomy.push(start.addr());
        Ok(start)
    }

    /// Gives a block back. False if it is none of these.
    ///
    /// # Safety
    ///
    /// Nobody uses it any more.
    pub(super) unsafe fn free(&self, block: *mut c_void, mappings: &Mappings) -> bool {
        let start = block.addr() & !(CHUNK - 1);
        let page = (block.addr() - start) / PAGE;
        let mut state = self.0.lock();
        let State { chunks, roomy } = &mut *state;
        let Some(chunk) = chunks.get_mut(&start) else {
            return false;
        };
        let was_full = chunk.is_full();
        if !block.addr().is_multiple_of(PAGE) || !chunk.give(page) {
            return false;
        }
        if was_full {
            roomy.push(start);
        }
        // One that is empty is kept, lest it be mapped again and again.
        let has_become_empty = chunk.is_empty();
        let is_empty = |other: &&usize| chunks.get(*other).is_some_and(Chunk::is_empty);
        if has_become_empty && roomy.iter().filter(is_empty).count() > 1 {
            chunks.remove(&start);
            roomy.retain(|&chunk| chunk != start);
            // SAFETY: a mapping of this kernel's, of which nothing is used.
            unsafe { mappings.unmap(ptr::with_exposed_provenance_mut(start)) };
        }
        true
    }

    /// Forgets all blocks, whose chunks are unmapped by the caller.
    pub(super) fn clear(&self) {
        *self.0.lock() = State::default();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::state::memory::mappings::tests::MAPPING;

    #[test]
    fn blocks_do_not_overlap_and_come_back() {
        let _alone = MAPPING.lock();
        let (pages, host) = (Pages::default(), Mappings::default());
        let mut blocks: BTreeMap<usize, usize> = BTreeMap::new();
        let mut dice = 1_u32;
        for _ in 0..20_000 {
            dice = dice.wrapping_mul(1_103_515_245).wrapping_add(12345);
            let length = ((dice >> 16) as usize % 64 + 1) * PAGE;
            if blocks.len() > 200 || dice >> 30 == 0 {
                let chosen = blocks
                    .keys()
                    .nth(dice as usize % blocks.len().max(1))
                    .copied();
                if let Some(address) = chosen {
                    let block = ptr::with_exposed_provenance_mut(address);
                    blocks.remove(&address);
                    // SAFETY: the block is not used.
                    unsafe {
                        assert!(pages.free(block, &host));
                        assert!(!pages.free(block, &host), "twice");
                        assert!(!pages.free(block.wrapping_byte_add(64), &host));
                    }
                }
                continue;
            }
            let block = pages.allocate(length, &host).unwrap();
            assert!(block.addr().is_multiple_of(PAGE));
            // SAFETY: the block has that length.
            unsafe { ptr::write_bytes(block.cast::<u8>(), 1, length) };
            let before = blocks.range(..block.addr()).next_back();
            assert!(before.is_none_or(|(start, length)| start + length <= block.addr()));
            let after = blocks.range(block.addr()..).next();
            assert!(after.is_none_or(|(start, _)| block.addr() + length <= *start));
            blocks.insert(block.expose_provenance(), length);
        }
        for &address in blocks.keys() {
            // SAFETY: the block is not used.
            assert!(unsafe { pages.free(ptr::with_exposed_provenance_mut(address), &host) });
        }
        assert_eq!(pages.0.lock().chunks.len(), 1, "one is kept");
        // SAFETY: nothing is used any more.
        unsafe { host.unmap_all() };
    }
}
