//! Hosts without a way to learn of writes to a file: it is looked at every few milliseconds.

use std::ffi::c_int;

use crate::instance::Instance;
use crate::wait::Dead;
use crate::wait::bell;

/// How long a frame waits at most, in milliseconds.
const INTERVAL: c_int = 5;

/// There is nothing to set up, and -1 is what the kernel can close.
pub(super) fn set_up(_: &Instance, existing: c_int, _: c_int) -> Result<c_int, c_int> {
    Ok(existing)
}

/// Waits a little: the caller looks at the bus itself.
pub(super) fn wait(instance: &Instance, _: c_int) -> Result<bell::Ready, Dead> {
    bell::wait(&instance.parked, &mut [], &[], INTERVAL)
}
