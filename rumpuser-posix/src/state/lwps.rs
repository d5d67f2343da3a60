//! The lwps that threads are in one kernel.

use parking_lot::Mutex;

use crate::table::Table;
use crate::wait::{Lwp, thread_id};

const SHARDS: usize = 8;

/// The lwps that threads are in one kernel, as addresses by thread.
#[derive(Debug, Default)]
pub(crate) struct Lwps {
    threads: [Mutex<Table<usize>>; SHARDS],
}

impl Lwps {
    fn shard(&self, thread: usize) -> &Mutex<Table<usize>> {
        &self.threads[thread % SHARDS]
    }

    /// The lwp that the calling thread is, null if none.
    pub(crate) fn get(&self) -> *mut Lwp {
        let thread = thread_id();
        let lwp = self.shard(thread).lock().get(&thread).copied();
        lwp.unwrap_or(0) as *mut Lwp
    }

    /// Notes which lwp the calling thread is. Returns false when the host has no memory for it.
    pub(crate) fn set(&self, lwp: *mut Lwp) -> bool {
        let thread = thread_id();
        let mut threads = self.shard(thread).lock();
        if lwp.is_null() {
            threads.remove(&thread);
        } else if threads.try_reserve(1).is_ok() {
            threads.insert(thread, lwp as usize);
        } else {
            return false;
        }
        true
    }
}
