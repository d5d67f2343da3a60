//! `rumpuser_bio`: asynchronous block I/O.
//!
//! A transfer is queued and the hypercall returns; when the transfer is done the kernel's function
//! is called, on a thread of this module, with the number of bytes and an error. Transfers may
//! overtake each other, as with any disk: the kernel waits where order matters. A transfer is done
//! in full or fails: data beyond the end of a file that was cut short are an I/O error.
//! `RUMPUSER_BIO_SYNC` reports a write as done when it is durable.
//!
//! Threads are started when there is work that none is free for, up to a few, and end with the
//! kernel. Where there are none (`RUMP_THREADS=0`, or the host has none to give), and where there
//! is no memory for the queue, the hypercall does the transfer itself.

use std::collections::VecDeque;
use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use parking_lot_core::DEFAULT_UNPARK_TOKEN;

use crate::descriptor::Open;
use crate::disk::Image;
use crate::errno::from_host;
use crate::fault::Fault;
use crate::hostio;
use crate::instance::{Dead, Instance, Wake, caller};
use crate::write_signals;

const READ: c_int = 0x01;
const SYNC: c_int = 0x04;

/// More threads than this make a disk image no faster.
const THREADS_MAX: usize = 4;

type Done = unsafe extern "C" fn(*mut c_void, usize, c_int);

/// A transfer to be made.
#[derive(Clone, Copy)]
struct Transfer {
    file: c_int,
    operation: c_int,
    data: *mut c_void,
    length: usize,
    offset: i64,
    done: Done,
    argument: *mut c_void,
}

// SAFETY: the kernel leaves the buffer to the transfer until it is told that it is done, on
// whatever thread.
unsafe impl Send for Transfer {}

/// A transfer with its file, which stays open until it is done.
type Queued = (Transfer, Result<Open, c_int>);

#[derive(Default)]
struct Queue {
    transfers: VecDeque<Queued>,
    threads: usize,
    idle: usize,
}

/// The block I/O of one kernel.
#[derive(Default)]
pub(crate) struct BlockIo {
    queue: Mutex<Queue>,
    /// How many transfers are queued; what threads look at before they wait.
    queued: AtomicUsize,
    /// Whether the kernel may have threads.
    threaded: OnceLock<bool>,
}

impl BlockIo {
    fn key(&self) -> usize {
        ptr::from_ref(&self.queued).addr()
    }

    /// Forgets the transfers of a dead kernel.
    pub(crate) fn clear(&self) {
        self.queue.lock().transfers.clear();
    }

    /// The next transfer; a thread that finds none is idle.
    fn next(&self) -> Option<Queued> {
        let mut queue = self.queue.lock();
        let transfer = queue.transfers.pop_front();
        self.queued.store(queue.transfers.len(), Ordering::Release);
        if transfer.is_none() {
            queue.idle += 1;
        }
        transfer
    }

    /// Waits for the next transfer.
    fn wait(&self, instance: &Instance) -> Result<Queued, Dead> {
        loop {
            // A dead kernel's disks are left as they are.
            if instance.parked.is_dead() {
                return Err(Dead);
            }
            if let Some(transfer) = self.next() {
                return Ok(transfer);
            }
            let empty = || self.queued.load(Ordering::Acquire) == 0;
            let wake = instance.parked.park(self.key(), empty, || {}, || {}, None);
            self.queue.lock().idle -= 1;
            if wake == Wake::Dead {
                return Err(Dead);
            }
        }
    }
}

impl Transfer {
    /// Returns whether the disk, if it is an attached one, reaches so far.
    fn lies_within(&self, image: Option<&Image>) -> bool {
        let start = u64::try_from(self.offset).ok();
        let end = start.and_then(|start| start.checked_add(self.length as u64));
        image.is_none_or(|image| end.is_some_and(|end| end <= image.size))
    }
}

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
        unsafe { hostio::read_at(file.number(), data, length, offset) }
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
            unsafe { hostio::write_at(file.number(), data, length, offset) }
        };
        let is_durable = transfer.operation & SYNC != 0;
        let Some(image) = image else {
            result?;
            return match is_durable {
                true if self.faults().strikes(Fault::Sync) => Err(libc::EIO),
                true => hostio::sync_data(file.number()),
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
        let mut queue = self.bio.queue.lock();
        if queue.transfers.len() >= queue.idle && queue.threads < THREADS_MAX {
            let started = self.start_detached("rumpbio", serve, ptr::null_mut());
            queue.threads += usize::from(started.is_ok());
        }
        if queue.threads == 0 || queue.transfers.try_reserve(1).is_err() {
            return false;
        }
        let file = self.descriptors.find(transfer.file);
        queue.transfers.push_back((transfer, file));
        self.bio
            .queued
            .store(queue.transfers.len(), Ordering::Release);
        drop(queue);
        self.parked
            .unpark(self.bio.key(), 1, |_| DEFAULT_UNPARK_TOKEN);
        true
    }

    fn has_threads(&self) -> bool {
        *self.bio.threaded.get_or_init(|| {
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
        match instance.bio.wait(instance) {
            Ok(queued) => instance.complete(queued),
            Err(Dead) => instance.leave(),
        }
    }
}

/// Starts a transfer between a file and memory.
#[unsafe(no_mangle)]
unsafe extern "C" fn rumpuser_bio(
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
    if !instance.has_threads() || !instance.enqueue(transfer) {
        let locks = instance.unschedule(ptr::null_mut());
        instance.complete((transfer, instance.descriptors.find(file)));
        instance.schedule(locks, ptr::null_mut());
    }
}
