//! Memory, from Rust's allocator.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::{c_int, c_void};
use std::ptr;

use rumpkernel_sys::{EINVAL, ENOMEM, EOPNOTSUPP};

const PAGE: usize = 4096;

thread_local! {
    /// What was given out, by address: whoever frees it does not say how it was aligned.
    static GIVEN: RefCell<BTreeMap<usize, Layout>> = const { RefCell::new(BTreeMap::new()) };
}

/// Stores null where there is none: a kernel that does not wait for memory looks at nothing else.
///
/// # Safety
///
/// `result` is a place for the pointer.
unsafe fn allocate(size: usize, alignment: usize, result: *mut *mut c_void) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { result.write(ptr::null_mut()) };
    let Ok(layout) = Layout::from_size_align(size.max(1), alignment) else {
        return EINVAL;
    };
    // SAFETY: not of size 0.
    let memory = unsafe { alloc_zeroed(layout) };
    if memory.is_null() {
        return ENOMEM;
    }
    GIVEN.with_borrow_mut(|given| given.insert(memory.addr(), layout));
    // SAFETY: the caller's promise.
    unsafe { result.write(memory.cast()) };
    0
}

/// # Safety
///
/// The kernel does not use the memory any more.
unsafe fn free(memory: *mut c_void) {
    let layout = GIVEN.with_borrow_mut(|given| given.remove(&memory.addr()));
    if let Some(layout) = layout {
        // SAFETY: it was allocated with this layout and not freed since, or it would not be in the table.
        unsafe { dealloc(memory.cast(), layout) };
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_malloc(
    size: usize,
    alignment: c_int,
    result: *mut *mut c_void,
) -> c_int {
    let alignment = usize::try_from(alignment)
        .unwrap_or(0)
        .max(align_of::<usize>());
    // SAFETY: the kernel's pointer.
    unsafe { allocate(size, alignment, result) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_free(memory: *mut c_void, _size: usize) {
    // SAFETY: the kernel's promise.
    unsafe { free(memory) };
}

/// Pages for modules, which are code, and for mmap(2). Code cannot be run from this memory.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_anonmmap(
    _preferred: *mut c_void,
    size: usize,
    alignment_bits: c_int,
    executable: c_int,
    result: *mut *mut c_void,
) -> c_int {
    if executable != 0 {
        return EOPNOTSUPP;
    }
    let alignment = u32::try_from(alignment_bits)
        .ok()
        .and_then(|bits| 1_usize.checked_shl(bits));
    // SAFETY: the kernel's pointer.
    unsafe { allocate(size, alignment.unwrap_or(0).max(PAGE), result) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_unmap(memory: *mut c_void, _size: usize) {
    // SAFETY: the kernel's promise.
    unsafe { free(memory) };
}
