//! Places for the locks and the like that a kernel makes: there are thousands, of few sizes, and all
//! are gone with it.

use std::ffi::{c_int, c_void};
use std::ptr;

use parking_lot::Mutex;

use super::mappings::Mappings;
use super::pages::{PAGE, Pages};

/// What sizes there are. A place is aligned to its size.
const SIZES: [usize; 3] = [16, 64, 128];

/// A place that is free.
#[derive(Debug)]
struct Cell {
    next: *mut Cell,
}

/// The free places of one size.
#[derive(Debug)]
struct Free(*mut Cell);

// SAFETY: the places belong to the list, which is behind a lock.
unsafe impl Send for Free {}

impl Default for Free {
    fn default() -> Self {
        Self(ptr::null_mut())
    }
}

/// The places of one kernel. They lie in pages of its own, and are given back with those.
#[derive(Debug, Default)]
pub(super) struct Cells([Mutex<Free>; SIZES.len()]);

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
        let mut free = self.0[class].lock();
        if free.0.is_null() {
            let page = pages.allocate(PAGE, host)?;
            for offset in (0..PAGE).step_by(SIZES[class]).rev() {
                // SAFETY: the page is new, and has room for a cell there.
                unsafe { free.push(page.wrapping_byte_add(offset)) };
            }
        }
        let cell = free.0;
        // SAFETY: it is not null any more, so that it is a cell of the list.
        free.0 = unsafe { (*cell).next };
        Ok(cell.cast())
    }

    /// Gives a place back.
    ///
    /// # Safety
    ///
    /// It is from [`take`](Self::take), for the same `T`, and nobody uses it any more.
    pub(super) unsafe fn give<T>(&self, place: *mut T) {
        let class = const { class::<T>() };
        // SAFETY: by the contract.
        unsafe { self.0[class].lock().push(place.cast()) };
    }

    /// Forgets all places, whose pages are given back by the caller.
    pub(super) fn clear(&self) {
        for free in &self.0 {
            *free.lock() = Free::default();
        }
    }
}

impl Free {
    /// # Safety
    ///
    /// `place` has this list's size and is nobody's.
    unsafe fn push(&mut self, place: *mut c_void) {
        let cell = place.cast::<Cell>();
        // SAFETY: by the contract; the smallest size holds a pointer.
        unsafe { cell.write(Cell { next: self.0 }) };
        self.0 = cell;
    }
}
