//! `rumpcomp_shmif_*`: Ethernet buses in files, of the component rumpnet_shmif.
//!
//! A bus is a file that every interface on it maps; interfaces of one kernel, of several kernels
//! and of several processes can share it. Its layout is the kernel's. Who has sent a frame writes
//! to the file's version word, and the interfaces' receivers wait for such writes here, without
//! virtual CPU, until their kernel dies.
//!
//! The file and what waits for it are descriptors of the kernel, and the mapping is one of its own,
//! so that a dead kernel's are given back.

#[cfg(any(target_os = "linux", target_os = "android"))]
mod inotify;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod polling;

#[cfg(any(target_os = "linux", target_os = "android"))]
use inotify as watch;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
use polling as watch;

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;

use crate::errno::{from_host, last};
use crate::host::write_signals;
use crate::instance::{InOut, Instance, Out, caller};
use crate::state::fault::Fault;

/// Maps a bus of so many bytes. `Err` with the host's errno: ENOEXEC for a file of another size,
/// which is no bus; a new file is made one.
fn map(instance: &Instance, file: c_int, length: usize) -> Result<*mut c_void, c_int> {
    let held = instance.descriptors.find(file)?;
    let file = held.number();
    let mut status = MaybeUninit::uninit();
    // SAFETY: a place for the answer.
    if unsafe { libc::fstat(file, status.as_mut_ptr()) } != 0 {
        return Err(last());
    }
    // SAFETY: written, for the call succeeded.
    let size = unsafe { status.assume_init() }.st_size;
    let wanted = libc::off_t::try_from(length).map_err(|_| libc::EINVAL)?;
    if size == 0 {
        // SAFETY: plain values.
        if write_signals::without(|| unsafe { libc::ftruncate(file, wanted) }) != 0 {
            return Err(last());
        }
    } else if size != wanted {
        return Err(libc::ENOEXEC);
    }
    instance.memory.map_file(file, length)
}

/// Maps the file of a bus and stores the address; `rumpuser_unmap` undoes it.
#[unsafe(no_mangle)]
extern "C" fn rumpcomp_shmif_mmap(file: c_int, length: usize, place: Out<*mut c_void>) -> c_int {
    let instance = &*caller();
    let mapped = match instance.faults().strikes(Fault::Bus) {
        true => Err(libc::ENOMEM),
        false => instance.unscheduled(|| map(instance, file, length)),
    };
    match mapped {
        Ok(bus) => {
            place.set(bus);
            0
        }
        Err(error) => from_host(error),
    }
}

/// Makes `watch` tell of writes to a file; a new one if it is -1. `rumpuser_close` undoes it.
#[unsafe(no_mangle)]
extern "C" fn rumpcomp_shmif_watchsetup(watch: InOut<c_int>, file: c_int) -> c_int {
    let instance = &*caller();
    let existing = watch.get();
    match instance.unscheduled(|| watch::set_up(instance, existing, file)) {
        Ok(number) => {
            watch.set(number);
            0
        }
        Err(error) => from_host(error),
    }
}

/// Waits until somebody has written to a file that is watched, since the last call returned.
#[unsafe(no_mangle)]
extern "C" fn rumpcomp_shmif_watchwait(watch: c_int) -> c_int {
    let instance = &*caller();
    let locks = instance.unschedule(ptr::null_mut());
    let Ok(written) = watch::wait(instance, watch) else {
        instance.leave();
    };
    instance.schedule(locks, ptr::null_mut());
    from_host(written.err().unwrap_or(0))
}
