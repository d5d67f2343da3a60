//! `rumpuser_malloc`, `rumpuser_free`, `rumpuser_anonmmap`, `rumpuser_unmap`: memory.
//!
//! Alignments are powers of two, 0 stands for a pointer's. Mappings are private, zeroed, readable
//! and writable, and executable when asked for; a mapping can be aligned too, by the power of two.
//! When there is no memory the answer is ENOMEM, and the kernel waits until it has freed some. A
//! kernel that boots cannot do that, and goes astray; so it ends here, with that as its reason,
//! until its page daemon is there.
//!
//! All that a kernel has comes from mappings of its own, its locks included. So it can be given
//! back when the kernel is dead, and a kernel that writes past the end of what it has meets a guard
//! page before it meets the program's memory. Few of a kernel's blocks are small, and none is
//! smaller than a page here.

mod cells;
mod fill;
mod mappings;
mod pages;
mod starvation;

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::access;
use crate::errno::from_host;
use crate::fault::Fault;
use crate::instance::{Instance, caller};

use cells::Cells;
pub(crate) use fill::Fill;
use mappings::Mappings;
pub(crate) use mappings::page_size;
use pages::Pages;
pub use starvation::MemoryPatience;
use starvation::Starvation;

/// The memory of one kernel.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    cells: Cells,
    pages: Pages,
    mappings: Mappings,
    /// What the kernel finds in memory that is not its own yet, or not any more.
    pub(crate) fill: Fill,
    /// Whether the kernel can wait for memory.
    waits: AtomicBool,
    starvation: Starvation,
}

impl Memory {
    /// The name of the thread that a kernel wakes when it has to wait for memory.
    pub(crate) const PAGE_DAEMON: &str = "pdaemon";

    /// No memory yet; what there will be is filled with `byte`.
    pub(crate) fn filled_with(byte: Option<u8>) -> Self {
        Self {
            fill: Fill(byte),
            ..Self::default()
        }
    }

    /// The kernel has its page daemon.
    pub(crate) fn can_wait(&self) {
        self.waits.store(true, Ordering::Relaxed);
    }

    /// A block of memory, or the host's errno.
    fn allocate(&self, length: usize, alignment: usize) -> Result<*mut c_void, c_int> {
        if !alignment.is_power_of_two() {
            return Err(libc::EINVAL);
        }
        if length > pages::LONGEST || alignment > pages::PAGE {
            let protection = libc::PROT_READ | libc::PROT_WRITE;
            return self
                .mappings
                .map(ptr::null_mut(), length, alignment, protection);
        }
        self.pages.allocate(length, &self.mappings)
    }

    /// Gives back a block. Addresses that are not blocks of this kernel are left alone.
    ///
    /// # Safety
    ///
    /// Nobody uses the block any more.
    unsafe fn free(&self, block: *mut c_void) {
        // SAFETY: by the contract of this function.
        unsafe {
            if !self.pages.free(block, &self.mappings) {
                self.mappings.unmap(block);
            }
        }
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

    /// Gives back a place that [`Instance::place`] made.
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

impl Instance {
    /// Memory for a lock or the like. There is no way to tell the kernel that there is none.
    pub(crate) fn place<T>(&self, value: T) -> *mut T {
        const {
            assert!(
                !std::mem::needs_drop::<T>(),
                "a dead kernel's memory is given back as it is"
            )
        };
        let memory = &self.memory;
        match memory.cells.take::<T>(&memory.pages, &memory.mappings) {
            Ok(place) => {
                // SAFETY: the place is new, and large and aligned enough.
                unsafe { place.write(value) };
                place
            }
            Err(_) => self.fail("rumpuser: the host has no memory for a lock"),
        }
    }
}

/// Stores a block of memory in `*block`, null when there is none: kernels that do not wait for
/// memory look at nothing else.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_malloc(
    length: usize,
    alignment: c_int,
    block: *mut *mut c_void,
) -> c_int {
    let instance = &*caller();
    let memory = if instance.faults().strikes(Fault::Memory) {
        Err(libc::ENOMEM)
    } else {
        usize::try_from(alignment)
            .map_err(|_| libc::EINVAL)
            .and_then(|alignment| instance.memory.allocate(length, alignment.max(1)))
    };
    if let Ok(memory) = memory {
        // SAFETY: it has that length, and nobody has it yet.
        unsafe { instance.memory.fill.block(memory, length) };
    }
    if memory == Err(libc::ENOMEM) && !instance.memory.waits.load(Ordering::Relaxed) {
        instance.fail("rumpuser: the host has no memory for a kernel that boots");
    }
    match memory {
        Ok(_) => instance.memory.starvation.end(),
        Err(libc::ENOMEM) => instance.starve(),
        Err(_) => {}
    }
    // SAFETY: the kernel passes a place for the address.
    unsafe { access::store(block, memory.unwrap_or(ptr::null_mut())) };
    from_host(memory.err().unwrap_or(0))
}

/// Gives back a block of memory, or null.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_free(block: *mut c_void, length: usize) {
    let memory = &caller().memory;
    // SAFETY: the kernel frees what it does not use any more, and says how long it is.
    unsafe {
        memory.fill.block(block, length);
        memory.free(block);
    }
}

/// Stores a mapping of anonymous memory in `*mapping`.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_anonmmap(
    wish: *mut c_void,
    length: usize,
    alignment_bit: c_int,
    executable: c_int,
    mapping: *mut *mut c_void,
) -> c_int {
    let instance = &*caller();
    if instance.faults().strikes(Fault::Memory) {
        return from_host(libc::ENOMEM);
    }
    let Some(alignment) = u32::try_from(alignment_bit)
        .ok()
        .and_then(|bit| 1_usize.checked_shl(bit))
    else {
        return from_host(libc::EINVAL);
    };
    let mut protection = libc::PROT_READ | libc::PROT_WRITE;
    if executable != 0 {
        protection |= libc::PROT_EXEC;
    }
    match instance
        .memory
        .mappings
        .map(wish, length, alignment, protection)
    {
        Ok(address) => {
            // SAFETY: the kernel passes a place for the address.
            unsafe { access::store(mapping, address) };
            0
        }
        Err(error) => from_host(error),
    }
}

/// Unmaps a whole mapping, made by `rumpuser_anonmmap` or by a component.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_unmap(mapping: *mut c_void, length: usize) {
    // SAFETY: the kernel unmaps what is its own and unused. An error would mean that it is not
    // mapped, which is what was asked for.
    unsafe {
        if !caller().memory.mappings.unmap(mapping) {
            libc::munmap(mapping, length);
        }
    }
}
