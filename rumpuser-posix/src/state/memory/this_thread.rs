//! The calling thread's magazine: of the kernel in which it last found none of its own.
//!
//! The thread lets go of it when it ends or takes pages of another kernel. Then nobody has it but
//! its kernel, which sees that.

use std::cell::Cell;
use std::ptr;
use std::sync::Arc;

use super::magazine::Magazine;

/// What a thread holds on to until its end.
struct Own(Cell<Option<Arc<Magazine>>>);

impl Drop for Own {
    fn drop(&mut self) {
        MAGAZINE.set(ptr::null());
    }
}

thread_local! {
    static OWN: Own = const { Own(Cell::new(None)) };
    /// That of OWN, or null. Without destructor: kernels are called from destructors of
    /// thread-locals too.
    static MAGAZINE: Cell<*const Magazine> = const { Cell::new(ptr::null()) };
}

/// Passes the calling thread's magazine of this kernel to `f`, if there is one.
#[inline]
pub(super) fn with_magazine<R>(kernel: u64, f: impl FnOnce(&Magazine) -> Option<R>) -> Option<R> {
    // SAFETY: null, or OWN has it: set() changes both, and the end of OWN makes it null. `f` does
    // neither.
    let magazine = unsafe { MAGAZINE.get().as_ref() };
    f(magazine.filter(|magazine| magazine.kernel() == kernel)?)
}

/// Makes this the calling thread's magazine, unless the thread is at its end.
pub(super) fn set(new: &Arc<Magazine>) -> bool {
    let set = |own: &Own| {
        MAGAZINE.set(Arc::as_ptr(new));
        own.0.set(Some(Arc::clone(new)));
    };
    OWN.try_with(set).is_ok()
}
