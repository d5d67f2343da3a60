//! The memory of one kernel.
//!
//! All that a kernel has comes from mappings of its own, its locks included. So it can be given
//! back when the kernel is dead, and a kernel that writes past the end of what it has meets a guard
//! page before it meets the program's memory. Few of a kernel's blocks are small, and none is
//! smaller than a page here.

mod cells;
mod chunk;
mod fill;
mod magazine;
mod mappings;
mod pages;
mod starvation;
mod this_thread;

/// The atomics of magazines. In `tests/locks`, which compiles the same file, they are loom's.
mod atomic {
    pub(super) use std::sync::atomic::{AtomicUsize, Ordering};
}

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use cells::Cells;
pub(crate) use fill::Fill;
use mappings::Mappings;
use pages::Pages;
pub use starvation::MemoryPatience;
pub(crate) use starvation::{Starvation, is_complaint};

/// The memory of one kernel.
#[derive(Debug)]
pub(crate) struct Memory {
    cells: Cells,
    pages: Pages,
    mappings: Mappings,
    /// What the kernel finds in memory that is not its own yet, or not any more.
    pub(crate) fill: Fill,
    /// Whether the kernel can wait for memory.
    waits: AtomicBool,
    pub(crate) starvation: Starvation,
}

impl Memory {
    /// The name of the thread that a kernel wakes when it has to wait for memory.
    pub(crate) const PAGE_DAEMON: &str = "pdaemon";

    /// No memory yet; what there will be is filled with `byte`. The number of the kernel is never
    /// used twice.
    pub(crate) fn new(kernel: u64, byte: Option<u8>) -> Self {
        Self {
            cells: Cells::default(),
            pages: Pages::new(kernel),
            mappings: Mappings::default(),
            fill: Fill(byte),
            waits: AtomicBool::new(false),
            starvation: Starvation::default(),
        }
    }

    /// Whether the kernel has its page daemon, and can wait for memory.
    pub(crate) fn waits(&self) -> bool {
        self.waits.load(Ordering::Relaxed)
    }

    /// The kernel has its page daemon.
    pub(crate) fn can_wait(&self) {
        self.waits.store(true, Ordering::Relaxed);
    }

    /// A block of memory, or the host's errno.
    #[inline]
    pub(crate) fn allocate(&self, length: usize, alignment: usize) -> Result<*mut c_void, c_int> {
        if !alignment.is_power_of_two() {
            return Err(libc::EINVAL);
        }
        if length > pages::LONGEST || alignment > pages::PAGE {
            let protection = libc::PROT_READ | libc::PROT_WRITE;
            return self.map(ptr::null_mut(), length, alignment, protection);
        }
        self.pages.allocate(length, &self.mappings)
    }

    /// Gives back a block. Addresses that are not blocks of this kernel are left alone.
    ///
    /// # Safety
    ///
    /// Nobody uses the block any more.
    #[inline]
    pub(crate) unsafe fn free(&self, block: *mut c_void) {
        // SAFETY: by the contract of this function.
        unsafe {
            if !self.pages.free(block, &self.mappings) {
                self.unmap(block);
            }
        }
    }

    /// A mapping of anonymous memory, or the host's errno.
    pub(crate) fn map(
        &self,
        wish: *mut c_void,
        length: usize,
        alignment: usize,
        protection: c_int,
    ) -> Result<*mut c_void, c_int> {
        self.mappings.map(wish, length, alignment, protection)
    }

    /// Unmaps a whole mapping. Returns whether it was one.
    ///
    /// # Safety
    ///
    /// Nobody uses it any more.
    pub(crate) unsafe fn unmap(&self, mapping: *mut c_void) -> bool {
        // SAFETY: by the contract of this function.
        unsafe { self.mappings.unmap(mapping) }
    }

    /// A mapping of the first bytes of a file, shared with whoever else maps it, or the host's
    /// errno.
    #[cfg(feature = "rumpnet_shmif")]
    pub(crate) fn map_file(
        &self,
        file: std::os::fd::RawFd,
        length: usize,
    ) -> Result<*mut c_void, c_int> {
        self.mappings.map_file(file, length)
    }

    /// Places an object in the kernel's memory; `None` when the host has none.
    pub(crate) fn place<T>(&self, value: T) -> Option<*mut T> {
        const {
            assert!(
                !std::mem::needs_drop::<T>(),
                "a dead kernel's memory is given back as it is"
            )
        };
        let place = self.cells.take::<T>(&self.pages, &self.mappings).ok()?;
        // SAFETY: the place is new, and large and aligned enough.
        unsafe { place.write(value) };
        Some(place)
    }

    /// Gives back a place that [`place`](Self::place) made.
    ///
    /// # Safety
    ///
    /// Nobody uses it any more.
    pub(crate) unsafe fn discard<T>(&self, place: *mut T) {
        // SAFETY: by the contract of this function.
        unsafe { self.cells.give(place) };
    }

    /// Gives everything back.
    ///
    /// # Safety
    ///
    /// Nobody uses any of it any more.
    pub(crate) unsafe fn free_all(&self) {
        self.cells.clear();
        self.pages.clear();
        // SAFETY: by the contract of this function.
        unsafe { self.mappings.unmap_all() };
    }
}
