//! Transfers that wait for a thread to make them.

use std::collections::VecDeque;
use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use parking_lot_core::DEFAULT_UNPARK_TOKEN;

use super::descriptor::Open;
use super::disk::Image;
use crate::wait::{Dead, Parked, Wake};

/// More threads than this make a disk image no faster.
const THREADS_MAX: usize = 4;

/// The kernel's function for a transfer that is done: its argument, how many bytes, an error.
pub(crate) type Done = unsafe extern "C" fn(*mut c_void, usize, c_int);

/// A transfer to be made.
#[derive(Clone, Copy)]
pub(crate) struct Transfer {
    pub(crate) file: c_int,
    pub(crate) operation: c_int,
    pub(crate) data: *mut c_void,
    pub(crate) length: usize,
    pub(crate) offset: i64,
    pub(crate) done: Done,
    pub(crate) argument: *mut c_void,
}

// SAFETY: the kernel leaves the buffer to the transfer until it is told that it is done, on
// whatever thread.
unsafe impl Send for Transfer {}

/// A transfer with its file, which stays open until it is done.
pub(crate) type Queued = (Transfer, Result<Open, c_int>);

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
    pub(crate) fn wait(&self, parked: &Parked) -> Result<Queued, Dead> {
        loop {
            // A dead kernel's disks are left as they are.
            if parked.is_dead() {
                return Err(Dead);
            }
            if let Some(transfer) = self.next() {
                return Ok(transfer);
            }
            let empty = || self.queued.load(Ordering::Acquire) == 0;
            let wake = parked.park(self.key(), empty, || {}, || {}, None);
            self.queue.lock().idle -= 1;
            if wake == Wake::Dead {
                return Err(Dead);
            }
        }
    }

    /// Queues a transfer for a thread, which `start` starts if there is work for one more and few
    /// enough are there. Returns false when there is none to make it.
    pub(crate) fn enqueue(
        &self,
        parked: &Parked,
        transfer: Transfer,
        start: impl FnOnce() -> bool,
        file: impl FnOnce() -> Result<Open, c_int>,
    ) -> bool {
        let mut queue = self.queue.lock();
        if queue.transfers.len() >= queue.idle && queue.threads < THREADS_MAX {
            queue.threads += usize::from(start());
        }
        if queue.threads == 0 || queue.transfers.try_reserve(1).is_err() {
            return false;
        }
        queue.transfers.push_back((transfer, file()));
        self.queued.store(queue.transfers.len(), Ordering::Release);
        drop(queue);
        parked.unpark(self.key(), 1, |_| DEFAULT_UNPARK_TOKEN);
        true
    }

    /// Whether the kernel may have threads; `ask` is asked once.
    pub(crate) fn is_threaded(&self, ask: impl FnOnce() -> bool) -> bool {
        *self.threaded.get_or_init(ask)
    }
}

impl Transfer {
    /// Returns whether the disk, if it is an attached one, reaches so far.
    pub(crate) fn lies_within(&self, image: Option<&Image>) -> bool {
        let start = u64::try_from(self.offset).ok();
        let end = start.and_then(|start| start.checked_add(self.length as u64));
        image.is_none_or(|image| end.is_some_and(|end| end <= image.size))
    }
}
