//! Memory, from Rust's allocator.

use std::alloc::{Layout, alloc, dealloc};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::{c_int, c_void};
use std::ptr;

use rumpkernel_sys::{EINVAL, ENOMEM};

thread_local! {
    /// What was given out, by address: whoever frees it does not say how it was aligned.
    static GIVEN: RefCell<BTreeMap<usize, Layout>> = const { RefCell::new(BTreeMap::new()) };
}

/// Stores null where there is none: a kernel that does not wait for memory looks at nothing else.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_malloc(
    size: usize,
    alignment: c_int,
    result: *mut *mut c_void,
) -> c_int {
    // SAFETY: a place for the pointer.
    let result = unsafe { &mut *result };
    *result = ptr::null_mut();
    let alignment = (alignment as usize).max(align_of::<u128>());
    let Ok(layout) = Layout::from_size_align(size.max(1), alignment) else {
        return EINVAL;
    };
    // SAFETY: not of size 0.
    let memory = unsafe { alloc(layout) };
    if memory.is_null() {
        return ENOMEM;
    }
    GIVEN.with_borrow_mut(|given| given.insert(memory.addr(), layout));
    *result = memory.cast();
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_free(memory: *mut c_void, _size: usize) {
    let layout = GIVEN.with_borrow_mut(|given| given.remove(&memory.addr()));
    if let Some(layout) = layout {
        // SAFETY: it was allocated with this layout and not freed since, or it would not be in the table. The kernel does not
        // use it any more.
        unsafe { dealloc(memory.cast(), layout) };
    }
}
