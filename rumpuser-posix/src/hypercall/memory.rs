//! `rumpuser_malloc`, `rumpuser_free`, `rumpuser_anonmmap`, `rumpuser_unmap`: memory.
//!
//! Alignments are powers of two, 0 stands for a pointer's. Mappings are private, zeroed, readable
//! and writable, and executable when asked for; a mapping can be aligned too, by the power of two.
//! When there is no memory the answer is ENOMEM, and the kernel waits until it has freed some. A
//! kernel that boots cannot do that, and goes astray; so it ends here, with that as its reason,
//! until its page daemon is there.

use std::ffi::{c_int, c_void};
use std::ptr;

use crate::errno::from_host;
use crate::instance::{Buffer, Instance, Out, caller};
use crate::state::fault::Fault;

/// Stores a block of memory in `*block`, null when there is none: kernels that do not wait for
/// memory look at nothing else.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_malloc(length: usize, alignment: c_int, block: Out<*mut c_void>) -> c_int {
    let instance = &*caller();
    let memory = if instance.faults().strikes(Fault::Memory) {
        Err(libc::ENOMEM)
    } else {
        match usize::try_from(alignment) {
            Ok(alignment) => instance.memory.allocate(length, alignment.max(1)),
            Err(_) => Err(libc::EINVAL),
        }
    };
    match memory {
        Ok(memory) => {
            // SAFETY: it has that length, and nobody has it yet.
            unsafe { instance.memory.fill.block(memory, length) };
            instance.memory.starvation.end();
            block.set(memory);
            0
        }
        Err(error) => refuse(instance, error, block),
    }
}

/// Says that there is no block.
#[cold]
fn refuse(instance: &Instance, error: c_int, block: Out<*mut c_void>) -> c_int {
    if error == libc::ENOMEM {
        if !instance.memory.waits() {
            instance.fail("rumpuser: the host has no memory for a kernel that boots");
        }
        instance.starve();
    }
    block.set(ptr::null_mut());
    from_host(error)
}

/// Gives back a block of memory, or null.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_free(block: Buffer, length: usize) {
    let memory = &caller().memory;
    // SAFETY: the kernel frees what it does not use any more, and says how long it is.
    unsafe {
        memory.fill.block(block.address(), length);
        memory.free(block.address());
    }
}

/// Stores a mapping of anonymous memory in `*mapping`.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_anonmmap(
    wish: *mut c_void,
    length: usize,
    alignment_bit: c_int,
    executable: c_int,
    mapping: Out<*mut c_void>,
) -> c_int {
    let instance = &*caller();
    if instance.faults().strikes(Fault::Mapping) {
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
            mapping.set(address);
            0
        }
        Err(error) => from_host(error),
    }
}

/// Unmaps a whole mapping, made by `rumpuser_anonmmap` or by a component.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_unmap(mapping: Buffer, length: usize) {
    // SAFETY: the kernel unmaps what is its own and unused. An error would mean that it is not
    // mapped, which is what was asked for.
    unsafe {
        if !caller().memory.unmap(mapping.address()) {
            libc::munmap(mapping.address(), length);
        }
    }
}
