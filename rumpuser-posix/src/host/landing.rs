//! Leaving the kernel by a jump.
//!
//! The frames between a landing and the jump to it are, from the bottom: the function given to
//! [`land`], frames of the kernel (plain C, nothing to unwind), and the hypercall that jumps. None
//! of the Rust frames among them has a value with a destructor when the jump is made: the
//! hypercalls by the rule in [`upcall`](crate::instance::upcall), the function at the bottom by the
//! contract of [`Instance::enter`](crate::Instance::enter).

use std::ffi::{c_int, c_void};
use std::ptr;

unsafe extern "C" {
    fn rumpuser_posix_land(
        slot: *mut *mut c_void,
        function: unsafe extern "C" fn(*mut c_void),
        argument: *mut c_void,
    ) -> c_int;
    fn rumpuser_posix_jump(landing: *mut c_void) -> !;
}

/// The address of a landing, null while there is none.
pub(crate) type Landing = *mut c_void;

/// Calls `function(argument)`, having stored the landing in `slot`. Whether `function` returned;
/// otherwise it was left by [`jump`].
///
/// # Safety
///
/// `slot` can be written, `argument` is what `function` expects, and `function` does not unwind.
pub(crate) unsafe fn land(
    slot: *mut Landing,
    function: unsafe extern "C" fn(*mut c_void),
    argument: *mut c_void,
) -> bool {
    // SAFETY: the C function writes the slot and makes the call, both allowed by the caller. It
    // returns once, so that nothing here is entered a second time.
    unsafe { rumpuser_posix_land(slot, function, argument) == 0 }
}

/// Goes to a landing.
///
/// # Safety
///
/// `landing` was stored by a [`land`] that is still running on this thread, and the frames above it
/// are as this module's head says.
pub(crate) unsafe fn jump(landing: Landing) -> ! {
    debug_assert_ne!(landing, ptr::null_mut());
    // SAFETY: by the contract of this function.
    unsafe { rumpuser_posix_jump(landing) }
}
