//! Blocks of whole pages.
//!
//! Kernels take nearly all their memory in pages that are aligned to a page, of which a general
//! allocator loses half, and which it keeps when the kernel is gone. Here they come from chunks
//! that are mapped for one kernel, and are unmapped with it, or when nothing of them is used any
//! more.
//!
//! A lock orders who takes blocks and gives them back, but for single pages in the
//! [magazine](super::magazine) of the thread. Those of threads that have ended are given back when
//! another thread gets its magazine, and before there is a new chunk.

use std::ffi::{c_int, c_void};
use std::ops::Range;
use std::ptr;
use std::sync::Arc;

use parking_lot::Mutex;

use super::chunk::{CHUNK, Chunk};
pub(super) use super::chunk::{LONGEST, PAGE};
use super::magazine::{Former, Magazine};
use super::mappings::Mappings;
use super::this_thread;
use crate::host;
use crate::host::room;
use crate::table::Table;

/// In so many chunks a place is looked for before there is a new one.
const TRIES: usize = 8;

/// What a magazine takes at most, in bytes.
const FOR_MAGAZINE: usize = 1 << 10;

/// Asks the host for pages of the chunk at `start`.
fn fill(start: usize, pages: Option<Range<usize>>) {
    if let Some(Range { start: first, end }) = pages {
        host::populate(start + first * PAGE, (end - first) * PAGE);
    }
}

/// The chunk of an address, and the page in it.
fn place(address: usize) -> (usize, usize) {
    let start = address & !(CHUNK - 1);
    (start, (address - start) / PAGE)
}

#[derive(Debug, Default)]
struct State {
    /// By address.
    chunks: Table<Chunk>,
    /// Those that are not full.
    roomy: Vec<usize>,
    /// Those of all threads, and those that threads have left behind.
    magazines: Vec<Arc<Magazine>>,
}

impl State {
    /// Takes a block of so many pages.
    fn allocate(&mut self, pages: usize, mappings: &Mappings) -> Result<usize, c_int> {
        if let Some(block) = self.find(pages) {
            return Ok(block);
        }
        self.empty_magazines(mappings);
        if let Some(block) = self.find(pages) {
            return Ok(block);
        }
        // As much as there are chunks, so that giving a block back needs no memory.
        let missing = self.chunks.len() + 1 - self.roomy.len();
        (self.chunks.try_reserve(1))
            .and_then(|()| self.roomy.try_reserve(missing))
            .map_err(|_| libc::ENOMEM)?;
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let start = mappings.map(ptr::null_mut(), CHUNK, CHUNK, protection)?;
        let mut chunk = Chunk::default();
        chunk.take(pages);
        fill(start.addr(), chunk.missing(0..pages));
        self.chunks.insert(start.addr(), chunk);
        self.roomy.push(start.addr());
        Ok(start.addr())
    }

    /// Takes a block in the chunks that there are.
    fn find(&mut self, pages: usize) -> Option<usize> {
        for index in (0..self.roomy.len()).rev().take(TRIES) {
            let start = self.roomy[index];
            if let Some(chunk) = self.chunks.get_mut(&start)
                && let Some(first) = chunk.take(pages)
            {
                if chunk.is_full() {
                    self.roomy.swap_remove(index);
                }
                fill(start, chunk.missing(first..first + pages));
                return Some(start + first * PAGE);
            }
        }
        None
    }

    /// Gives a block back, with the same promise as [`Pages::free`].
    unsafe fn free(&mut self, block: usize, mappings: &Mappings) -> bool {
        let (start, page) = place(block);
        let Some(chunk) = self.chunks.get_mut(&start) else {
            return false;
        };
        if !block.is_multiple_of(PAGE) {
            return false;
        }
        if chunk.is_lent(page) {
            if !self.magazines.iter().any(|magazine| magazine.recall(block)) {
                return false;
            }
            chunk.lend(page, false);
        }
        let was_full = chunk.is_full();
        if !chunk.give(page) {
            return false;
        }
        let has_become_empty = chunk.is_empty();
        if was_full {
            self.roomy.push(start);
        }
        // One that is empty is kept, lest it be mapped again and again.
        let is_empty = |other: &&usize| self.chunks.get(*other).is_some_and(Chunk::is_empty);
        if has_become_empty && self.roomy.iter().filter(is_empty).count() > 1 {
            self.chunks.remove(&start);
            self.roomy.retain(|&chunk| chunk != start);
            // SAFETY: a mapping of this kernel's, of which nothing is used.
            unsafe { mappings.unmap(ptr::with_exposed_provenance_mut(start)) };
        }
        true
    }

    /// Puts a page that was taken for the kernel into the calling thread's magazine, if that can be
    /// had.
    fn lend(&mut self, page: usize, kernel: u64, mappings: &Mappings) {
        let put = |magazine: &Magazine| Some(magazine.put(page));
        let former = this_thread::with_magazine(kernel, put).or_else(|| {
            self.add_magazine(kernel, mappings);
            this_thread::with_magazine(kernel, put)
        });
        if let Some(former) = former {
            self.note(page, true);
            self.receive(former, mappings);
        }
    }

    /// Lets the calling thread have a magazine for this kernel.
    fn add_magazine(&mut self, kernel: u64, mappings: &Mappings) {
        self.empty_magazines(mappings);
        if self.magazines.try_reserve(1).is_ok()
            && let Some(new) = room::with(FOR_MAGAZINE, || Arc::new(Magazine::new(kernel)))
            && this_thread::set(&new)
        {
            self.magazines.push(new);
        }
    }

    /// Takes back what threads that have ended, or turned to another kernel, have left behind.
    fn empty_magazines(&mut self, mappings: &Mappings) {
        let mut index = 0;
        while let Some(magazine) = self.magazines.get_mut(index) {
            if Arc::get_mut(magazine).is_none() {
                index += 1;
                continue;
            }
            for former in self.magazines.swap_remove(index).pages() {
                self.receive(Some(former), mappings);
            }
        }
    }

    /// Takes note of a page that is in no magazine any more.
    fn receive(&mut self, former: Option<Former>, mappings: &Mappings) {
        if let Some(Former { page, is_out }) = former {
            self.note(page, false);
            if !is_out {
                // SAFETY: the kernel has given it back.
                unsafe { self.free(page, mappings) };
            }
        }
    }

    /// Notes whether a page is in a magazine.
    fn note(&mut self, page: usize, is_lent: bool) {
        let (start, page) = place(page);
        if let Some(chunk) = self.chunks.get_mut(&start) {
            chunk.lend(page, is_lent);
        }
    }
}

/// The blocks of one kernel.
#[derive(Debug)]
pub(super) struct Pages {
    /// Never used twice in a process.
    kernel: u64,
    state: Mutex<State>,
}

impl Pages {
    pub(super) fn new(kernel: u64) -> Self {
        Self {
            kernel,
            state: Mutex::default(),
        }
    }

    /// A block of at most [`LONGEST`] bytes, aligned to [`PAGE`], or the host's errno.
    #[inline(always)]
    pub(super) fn allocate(
        &self,
        length: usize,
        mappings: &Mappings,
    ) -> Result<*mut c_void, c_int> {
        if length <= PAGE
            && let Some(page) = this_thread::with_magazine(self.kernel, Magazine::take)
        {
            return Ok(ptr::with_exposed_provenance_mut(page));
        }
        self.allocate_locked(length, mappings)
    }

    #[inline(never)]
    fn allocate_locked(&self, length: usize, mappings: &Mappings) -> Result<*mut c_void, c_int> {
        let pages = length.div_ceil(PAGE).max(1);
        let mut state = self.state.lock();
        let block = state.allocate(pages, mappings)?;
        if pages == 1 {
            state.lend(block, self.kernel, mappings);
        }
        Ok(ptr::with_exposed_provenance_mut(block))
    }

    /// Gives a block back. False if it is none of these.
    ///
    /// # Safety
    ///
    /// Nobody uses it any more.
    #[inline]
    pub(super) unsafe fn free(&self, block: *mut c_void, mappings: &Mappings) -> bool {
        let give = |magazine: &Magazine| magazine.give(block.addr()).then_some(());
        this_thread::with_magazine(self.kernel, give).is_some()
            // SAFETY: by the contract of this function.
            || unsafe { self.free_locked(block.addr(), mappings) }
    }

    /// # Safety
    ///
    /// As for [`free`](Self::free).
    #[inline(never)]
    unsafe fn free_locked(&self, block: usize, mappings: &Mappings) -> bool {
        // SAFETY: by the contract of this function.
        unsafe { self.state.lock().free(block, mappings) }
    }

    /// Forgets all blocks, whose chunks are unmapped by the caller.
    pub(super) fn clear(&self) {
        *self.state.lock() = State::default();
    }
}

#[cfg(test)]
mod tests;
