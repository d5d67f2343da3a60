//! Linux: writes to a file are events of inotify(7).

use std::ffi::c_int;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use crate::errno::last;
use crate::instance::Instance;
use crate::wait::Dead;
use crate::wait::bell;

/// Watches `file`, with `existing` unless that is -1. The host's errno if that cannot be.
pub(super) fn set_up(instance: &Instance, existing: c_int, file: c_int) -> Result<c_int, c_int> {
    let file = instance.descriptors.find(file)?;
    if existing != -1 {
        let watch = instance.descriptors.find(existing)?;
        return add(watch.number(), file.number()).map(|()| existing);
    }
    // SAFETY: plain values.
    let new = unsafe { libc::inotify_init1(libc::IN_CLOEXEC | libc::IN_NONBLOCK) };
    if new < 0 {
        return Err(last());
    }
    // SAFETY: nobody else has it.
    let new = unsafe { OwnedFd::from_raw_fd(new) };
    add(new.as_raw_fd(), file.number())?;
    instance.descriptors.adopt(new)
}

fn add(watch: c_int, file: c_int) -> Result<(), c_int> {
    // The link leads to the file itself, whatever has become of its name. Decimal digits end in a
    // NUL.
    let path = format!("/proc/self/fd/{file}\0");
    // SAFETY: a string that ends in a NUL.
    if unsafe { libc::inotify_add_watch(watch, path.as_ptr().cast(), libc::IN_MODIFY) } < 0 {
        return Err(last());
    }
    Ok(())
}

/// Waits for an event, and takes all that have come.
pub(super) fn wait(instance: &Instance, watch: c_int) -> Result<bell::Ready, Dead> {
    let held = match instance.descriptors.find(watch) {
        Ok(held) => held,
        Err(error) => return Ok(Err(error)),
    };
    let watch = held.number();
    let mut wanted = [bell::asked(watch, libc::POLLIN)];
    let ready = bell::wait(&instance.parked, &mut wanted, &[], -1)?;
    if ready.is_ok() {
        let mut events = [0_u64; 512];
        let (place, room) = (events.as_mut_ptr().cast(), size_of_val(&events));
        // SAFETY: the buffer is as long. Nothing to read would mean that somebody else has taken
        // it.
        while unsafe { libc::read(watch, place, room) } == room.cast_signed() {}
    }
    Ok(ready)
}
