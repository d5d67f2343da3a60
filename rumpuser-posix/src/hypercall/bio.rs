//! `rumpuser_bio`: asynchronous block I/O.
//!
//! When a transfer is done the kernel's function is called, with the number of bytes and an error,
//! perhaps before the hypercall returns. Transfers may overtake each other, as with any disk: the
//! kernel waits where order matters. A transfer is done in full or fails: data beyond the end of a
//! file that was cut short are an I/O error. `RUMPUSER_BIO_SYNC` reports a write as done when it is
//! durable.
//!
//! To hand a transfer to another thread, and to be woken by it, takes longer than to copy what the
//! host has in its memory. So that is read at once, with the virtual CPU in hand; writes, which go
//! to the host's memory, are made without CPU by the thread that asks; and reads that wait for a
//! disk, which may be ahead of their need, are left to threads of this module. These are started
//! when there is work that none is free for, up to a few, and end with the kernel. Where there are
//! none (`RUMP_THREADS=0`, or the host has none to give), where there is no memory for the queue,
//! and where the host does not tell what it has in its memory, the thread that asks reads, too.

use std::ffi::{c_int, c_void};
use std::ptr;

use crate::errno::from_host;
use crate::host::write_signals;
use crate::instance::{Instance, caller};
use crate::state::block_io::{Done, Queued, Transfer};
use crate::state::descriptor::Open;
use crate::state::disk::transfer;
use crate::state::fault::Fault;
use crate::state::io::{self, Now};
use crate::wait::Dead;

const READ: c_int = 0x01;
const SYNC: c_int = 0x04;

impl Instance {
    /// Makes a transfer. The number of bytes, and NetBSD's error number.
    fn transfer(&self, transfer: &Transfer, file: Result<Open, c_int>) -> (usize, c_int) {
        let length = transfer.length;
        let result = file.and_then(|file| match transfer.operation & READ {
            0 => self.write(transfer, &file).map(|()| length),
            _ => self.read(transfer, &file),
        });
        match result {
            Ok(count) if count == length => (count, 0),
            Ok(count) => (count, from_host(libc::EIO)),
            Err(error) => (0, from_host(error)),
        }
    }

    fn read(&self, transfer: &Transfer, file: &Open) -> Result<usize, c_int> {
        if !transfer.lies_within(file.image()) || self.faults().strikes(Fault::Read) {
            return Err(libc::EIO);
        }
        if self.faults().strikes(Fault::ShortRead) {
            return Ok(transfer.length / 2);
        }
        let Transfer {
            data,
            length,
            offset,
            ..
        } = *transfer;
        // SAFETY: the kernel's buffer, left to the transfer.
        unsafe { transfer::read_at(&self.parked, file, data, length, offset) }
    }

    /// Writes, and makes the write durable if that was asked for.
    fn write(&self, transfer: &Transfer, file: &Open) -> Result<(), c_int> {
        let image = file.image();
        let Transfer {
            data,
            length,
            offset,
            ..
        } = *transfer;
        let result = if !transfer.lies_within(image) || self.faults().strikes(Fault::Write) {
            Err(libc::EIO)
        } else {
            // SAFETY: the kernel's buffer, left to the transfer.
            unsafe { transfer::write_at(&self.parked, file, data, length, offset) }
        };
        let is_durable = transfer.operation & SYNC != 0;
        let Some(image) = image else {
            result?;
            return match is_durable {
                true if self.faults().strikes(Fault::Sync) => Err(libc::EIO),
                true => io::sync_data(&self.parked, file.number()),
                false => Ok(()),
            };
        };
        if let (Some(recording), Ok(())) = (&self.recording, result) {
            // SAFETY: as above.
            let data = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), length) };
            recording.wrote(image.number, offset.unsigned_abs(), data);
        }
        self.written(image, result)?;
        match is_durable {
            true => self.flush(image),
            false => Ok(()),
        }
    }

    /// Reads what the host has in its memory, if nothing stands against it.
    fn read_now(&self, transfer: &Transfer) -> Now {
        let Ok(file) = self.descriptors.find(transfer.file) else {
            return Now::Unknown;
        };
        // What fails, or is to fail, fails on the other way.
        if !transfer.lies_within(file.image()) || self.faults().any() {
            return Now::Unknown;
        }
        let Transfer {
            data,
            length,
            offset,
            ..
        } = *transfer;
        // SAFETY: the kernel's buffer, left to the transfer.
        unsafe { transfer::read_now(&file, data, length, offset) }
    }

    /// Makes a transfer and tells the kernel, on a thread without CPU. The file is let go of before
    /// the kernel can take the thread away.
    fn complete(&self, (transfer, file): Queued) {
        let (count, error) = self.transfer(&transfer, file);
        self.schedule(0, ptr::null_mut());
        // SAFETY: the kernel's function and its argument, called as it asks for, with a CPU.
        unsafe { (transfer.done)(transfer.argument, count, error) };
        self.unschedule(ptr::null_mut());
    }

    /// Queues a transfer; false when there is no thread to make it.
    fn enqueue(&self, transfer: Transfer) -> bool {
        let start = || {
            self.start_detached("rumpbio", serve, ptr::null_mut())
                .is_ok()
        };
        let file = || self.descriptors.find(transfer.file);
        self.bio.enqueue(&self.parked, transfer, start, file)
    }

    fn has_threads(&self) -> bool {
        self.bio.is_threaded(|| {
            self.parameter("RUMP_THREADS")
                .map_or(true, |value| !value.starts_with('0'))
        })
    }
}

/// The life of a thread that makes transfers. Nothing in it has a destructor while it is in the
/// kernel.
unsafe extern "C" fn serve(_argument: *mut c_void) -> *mut c_void {
    let instance = &*caller();
    write_signals::block_for_good();
    if instance.become_kernel_thread().is_err() {
        instance.fail("rumpuser: the kernel has no lwp for block I/O");
    }
    loop {
        match instance.bio.wait(&instance.parked) {
            Ok(queued) => instance.complete(queued),
            Err(Dead) => instance.leave(),
        }
    }
}

/// Starts a transfer between a file and memory.
#[unsafe(no_mangle)]
extern "C" fn rumpuser_bio(
    file: c_int,
    operation: c_int,
    data: *mut c_void,
    length: usize,
    offset: i64,
    done: Done,
    argument: *mut c_void,
) {
    let instance = &*caller();
    let transfer = Transfer {
        file,
        operation,
        data,
        length,
        offset,
        done,
        argument,
    };
    let is_read = operation & READ != 0;
    let now = match is_read {
        true => instance.read_now(&transfer),
        false => Now::Unknown,
    };
    match now {
        // SAFETY: the kernel's function and its argument, called as it asks for, with a CPU.
        Now::Read => unsafe { done(argument, length, 0) },
        Now::Waits if instance.has_threads() && instance.enqueue(transfer) => {}
        Now::Waits | Now::Unknown => {
            let locks = instance.unschedule(ptr::null_mut());
            instance.complete((transfer, instance.descriptors.find(file)));
            instance.schedule(locks, ptr::null_mut());
        }
    }
}
