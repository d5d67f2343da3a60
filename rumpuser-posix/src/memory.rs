//! `rumpuser_malloc`, `rumpuser_free`, `rumpuser_anonmmap`, `rumpuser_unmap`: memory.
//!
//! Alignments are powers of two, 0 stands for a pointer's. Mappings are private, zeroed, readable
//! and writable, and executable when asked for; a mapping can be aligned too, by the power of two.
//! When there is no memory the answer is ENOMEM, and the kernel waits until it has freed some. A
//! kernel that boots cannot do that, and goes astray; so
//! it ends here, with that as its reason, until its page daemon is there. Everything that a kernel has is kept in a table, so
//! that it can be given back when the kernel is dead; the kernel's locks live in it too.

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;

use crate::errno::{from_host, last};
use crate::fault::Fault;
use crate::instance::{Instance, caller};
use crate::table::Table;

/// Lengths by address.
type Lengths = Table<usize>;

const SHARDS: usize = 16;

/// The memory of one kernel.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    blocks: [Mutex<Lengths>; SHARDS],
    mappings: Mutex<Lengths>,
    /// Whether the kernel can wait for memory.
    waits: AtomicBool,
}

impl Memory {
    /// The name of the thread that a kernel wakes when it has to wait for memory.
    pub(crate) const PAGE_DAEMON: &str = "pdaemon";

    /// The kernel has its page daemon.
    pub(crate) fn can_wait(&self) {
        self.waits.store(true, Ordering::Relaxed);
    }

    fn shard(&self, address: usize) -> &Mutex<Lengths> {
        &self.blocks[((address >> 6) ^ (address >> 12)) % SHARDS]
    }

    /// A block of memory, or the host's errno.
    pub(crate) fn allocate(&self, length: usize, alignment: usize) -> Result<*mut c_void, c_int> {
        let mut block = ptr::null_mut();
        // SAFETY: the pointer is there to be written; a bad alignment is an error.
        let error = unsafe { libc::posix_memalign(&mut block, alignment, length) };
        if error != 0 {
            return Err(error);
        }
        // A block of no length may be null, and needs no place in the table then.
        if !block.is_null() {
            self.shard(block.addr()).lock().insert(block.addr(), length);
        }
        Ok(block)
    }

    /// Gives back a block. Addresses that are not blocks of this kernel are left alone.
    ///
    /// # Safety
    ///
    /// Nobody uses the block any more.
    pub(crate) unsafe fn free(&self, block: *mut c_void) {
        if self
            .shard(block.addr())
            .lock()
            .remove(&block.addr())
            .is_some()
        {
            // SAFETY: the block is from posix_memalign(), and was not freed, for it was in the table.
            unsafe { libc::free(block) };
        }
    }

    /// A mapping at a multiple of `alignment`, or the host's errno.
    fn map(
        &self,
        wish: *mut c_void,
        length: usize,
        alignment: usize,
        protection: c_int,
    ) -> Result<*mut c_void, c_int> {
        let slack = if alignment > page_size() {
            alignment
        } else {
            0
        };
        let padded = length.checked_add(slack).ok_or(libc::ENOMEM)?;
        // SAFETY: a new private mapping at a place of the host's choice.
        let start = unsafe {
            libc::mmap(
                wish,
                padded,
                protection,
                libc::MAP_PRIVATE | libc::MAP_ANON,
                -1,
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(last());
        }
        let before = if slack > 0 {
            start.addr().wrapping_neg() % alignment
        } else {
            0
        };
        let mapping = start.wrapping_byte_add(before);
        let end = length.next_multiple_of(page_size());
        // SAFETY: the parts before and after the aligned mapping, whole pages of this new mapping.
        unsafe {
            if before > 0 {
                libc::munmap(start, before);
            }
            let after = padded
                .next_multiple_of(page_size())
                .saturating_sub(before + end);
            if after > 0 {
                libc::munmap(mapping.wrapping_byte_add(end), after);
            }
        }
        self.mappings.lock().insert(mapping.addr(), length);
        Ok(mapping)
    }

    /// Gives everything back.
    ///
    /// # Safety
    ///
    /// Nobody uses any of it any more.
    pub(crate) unsafe fn free_all(&self) {
        for shard in &self.blocks {
            for (block, _) in shard.lock().drain() {
                // SAFETY: as in free().
                unsafe { libc::free(block as *mut c_void) };
            }
        }
        for (mapping, length) in self.mappings.lock().drain() {
            // SAFETY: the mapping is this kernel's, by the table.
            unsafe { libc::munmap(mapping as *mut c_void, length) };
        }
    }
}

/// The host's.
pub(crate) fn page_size() -> usize {
    // SAFETY: no conditions.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(4096)
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
        match self
            .memory
            .allocate(size_of::<T>(), align_of::<T>().max(size_of::<usize>()))
        {
            Ok(place) => {
                let place = place.cast::<T>();
                // SAFETY: the block is new, and large and aligned enough.
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
    let instance = caller();
    let memory = if instance.faults().strikes(Fault::Memory) {
        Err(libc::ENOMEM)
    } else {
        // posix_memalign() wants at least a pointer's alignment, and refuses what is no power of two.
        usize::try_from(alignment)
            .map_err(|_| libc::EINVAL)
            .and_then(|alignment| {
                let alignment = alignment.max(size_of::<usize>());
                instance.memory.allocate(length, alignment)
            })
    };
    if memory == Err(libc::ENOMEM) && !instance.memory.waits.load(Ordering::Relaxed) {
        instance.fail("rumpuser: the host has no memory for a kernel that boots");
    }
    // SAFETY: the kernel passes a place for the address.
    unsafe { block.write(memory.unwrap_or(ptr::null_mut())) };
    from_host(memory.err().unwrap_or(0))
}

/// Gives back a block of memory, or null.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_free(block: *mut c_void, _length: usize) {
    // SAFETY: the kernel frees what it does not use any more.
    unsafe { caller().memory.free(block) };
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
    let instance = caller();
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
    match instance.memory.map(wish, length, alignment, protection) {
        Ok(address) => {
            // SAFETY: the kernel passes a place for the address.
            unsafe { mapping.write(address) };
            0
        }
        Err(error) => from_host(error),
    }
}

/// Unmaps a whole mapping, made by `rumpuser_anonmmap` or by a component.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_unmap(mapping: *mut c_void, length: usize) {
    caller().memory.mappings.lock().remove(&mapping.addr());
    // SAFETY: the kernel unmaps what is its own and unused. An error would mean that it is not
    // mapped, which is what was asked for.
    unsafe { libc::munmap(mapping, length) };
}
