//! Recordings of what is done with a disk, for tests of what survives a loss of power.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::sync::Arc;

use parking_lot::Mutex;

use super::{Access, Disk};

/// A disk that records every operation on another, in the order in which they end. Clones are the
/// same disk, so that one can be given to a kernel and the other asked for the
/// [`events`](Self::events).
///
/// A loss of power after some number of events leaves what a flush had made durable by then
/// ([`durable`](Self::durable)), and of what was written since any part, in any order.
/// [`replay`](Self::replay) makes the disk of a point in time again.
///
/// ```
/// use rumpkernel::disk::{Disk, MemoryDisk, Operation, Recorder};
///
/// let disk = Recorder::new(MemoryDisk::zeroed(4096));
/// disk.write(&[1; 512], 1024)?;
/// disk.flush()?;
/// assert_eq!(disk.durable(2), 1);
/// let copy = MemoryDisk::zeroed(4096);
/// disk.replay(&copy, 1)?;
/// assert_eq!(copy.to_vec()[1024], 1);
/// # std::io::Result::Ok(())
/// ```
pub struct Recorder<D> {
    inner: Arc<Inner<D>>,
    keeps_bytes: bool,
    keeps_reads: bool,
}

struct Inner<D> {
    disk: D,
    events: Mutex<Vec<Event>>,
}

/// An operation on a disk that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// The operation.
    pub operation: Operation,
    /// Whether the disk said that it failed. A write that failed may have been made in part.
    pub has_failed: bool,
}

/// An operation on a disk. Offsets and lengths are in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// Bytes were read.
    Read {
        /// From where on.
        offset: u64,
        /// How many.
        length: u64,
    },
    /// Bytes were written.
    Write {
        /// From where on.
        offset: u64,
        /// How many.
        length: u64,
        /// Which, unless the recorder keeps none.
        bytes: Option<Arc<[u8]>>,
    },
    /// What was written was made durable.
    Flush {
        /// Writes among so many events from the beginning are durable; later ones may not be, for
        /// they ended while the flush was being made.
        covers: usize,
    },
    /// A range was forgotten.
    Discard {
        /// From where on.
        offset: u64,
        /// How many bytes.
        length: u64,
    },
}

impl<D: Disk> Recorder<D> {
    /// Records operations on a disk, with the bytes that are written, which stay in memory.
    pub fn new(disk: D) -> Self {
        let events = Mutex::default();
        Self {
            inner: Arc::new(Inner { disk, events }),
            keeps_bytes: true,
            keeps_reads: true,
        }
    }

    /// Keeps no bytes: what is recorded cannot be [replayed](Self::replay).
    pub fn without_bytes(mut self) -> Self {
        self.keeps_bytes = false;
        self
    }

    /// Records no reads.
    pub fn without_reads(mut self) -> Self {
        self.keeps_reads = false;
        self
    }

    /// The disk below.
    pub fn disk(&self) -> &D {
        &self.inner.disk
    }

    /// Returns how many operations have ended. What a kernel has called durable by now is so by
    /// these events.
    pub fn len(&self) -> usize {
        self.inner.events.lock().len()
    }

    /// Returns whether nothing has happened.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns a copy of all events.
    pub fn events(&self) -> Vec<Event> {
        self.inner.events.lock().clone()
    }

    /// Returns how many events, of the first `count`, a flush among these has made durable: the
    /// writes among them are on the disk whatever happens after event `count`.
    pub fn durable(&self, count: usize) -> usize {
        let events = self.inner.events.lock();
        let covered = events.iter().take(count).filter_map(|event| match event {
            Event {
                operation: Operation::Flush { covers },
                has_failed: false,
            } => Some(*covers),
            _ => None,
        });
        covered.max().unwrap_or(0)
    }

    /// Makes the first `count` operations again, on another disk: all but reads and what failed. A
    /// copy of the disk as it was in the beginning becomes the disk as it was then.
    ///
    /// # Errors
    ///
    /// What the other disk says. `InvalidInput` if the bytes were not kept.
    pub fn replay(&self, to: &dyn Disk, count: usize) -> io::Result<()> {
        // The other disk can be a recorder, too, even this one.
        let events: Vec<Event> = self
            .inner
            .events
            .lock()
            .iter()
            .take(count)
            .cloned()
            .collect();
        for event in events.iter().filter(|event| !event.has_failed) {
            match &event.operation {
                Operation::Read { .. } => {}
                Operation::Write { offset, bytes, .. } => match bytes {
                    Some(bytes) => to.write(bytes, *offset)?,
                    None => {
                        return Err(io::Error::new(
                            io::ErrorKind::InvalidInput,
                            "a recording without bytes cannot be replayed: use Recorder::new",
                        ));
                    }
                },
                Operation::Flush { .. } => to.flush()?,
                Operation::Discard { offset, length } => to.discard(*offset, *length)?,
            }
        }
        Ok(())
    }

    fn record<T>(&self, operation: Operation, result: io::Result<T>) -> io::Result<T> {
        let has_failed = result.is_err();
        self.inner.events.lock().push(Event {
            operation,
            has_failed,
        });
        result
    }
}

impl<D: Disk> Disk for Recorder<D> {
    fn size(&self) -> u64 {
        self.inner.disk.size()
    }

    fn block_size(&self) -> u32 {
        self.inner.disk.block_size()
    }

    fn access(&self) -> Access {
        self.inner.disk.access()
    }

    fn read(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let length = buffer.len() as u64;
        let result = self.inner.disk.read(buffer, offset);
        if !self.keeps_reads {
            return result;
        }
        self.record(Operation::Read { offset, length }, result)
    }

    fn write(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let result = self.inner.disk.write(bytes, offset);
        let length = bytes.len() as u64;
        let bytes = self.keeps_bytes.then(|| bytes.into());
        let operation = Operation::Write {
            offset,
            length,
            bytes,
        };
        self.record(operation, result)
    }

    fn flush(&self) -> io::Result<()> {
        let covers = self.len();
        let result = self.inner.disk.flush();
        self.record(Operation::Flush { covers }, result)
    }

    fn discard(&self, offset: u64, length: u64) -> io::Result<()> {
        let result = self.inner.disk.discard(offset, length);
        self.record(Operation::Discard { offset, length }, result)
    }

    fn is_memory(&self) -> bool {
        self.inner.disk.is_memory()
    }

    fn name(&self) -> Cow<'_, str> {
        self.inner.disk.name()
    }
}

impl<D> Clone for Recorder<D> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            ..*self
        }
    }
}

impl<D: Disk> fmt::Debug for Recorder<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder")
            .field("disk", &self.inner.disk.name())
            .field("events", &self.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::{Fault, Faulty, MemoryDisk};

    #[test]
    fn operations_are_recorded_in_their_order() {
        let disk = Recorder::new(MemoryDisk::zeroed(2048)).without_bytes();
        disk.clone().write(&[1; 512], 1024).unwrap();
        disk.read(&mut [0; 1024], 0).unwrap();
        disk.flush().unwrap();
        disk.discard(512, 1024).unwrap();
        assert!(disk.read(&mut [0; 512], 2048).is_err());
        let expected = [
            (
                Operation::Write {
                    offset: 1024,
                    length: 512,
                    bytes: None,
                },
                false,
            ),
            (
                Operation::Read {
                    offset: 0,
                    length: 1024,
                },
                false,
            ),
            (Operation::Flush { covers: 2 }, false),
            (
                Operation::Discard {
                    offset: 512,
                    length: 1024,
                },
                false,
            ),
            (
                Operation::Read {
                    offset: 2048,
                    length: 512,
                },
                true,
            ),
        ];
        let expected = expected.map(|(operation, has_failed)| Event {
            operation,
            has_failed,
        });
        assert_eq!(disk.events(), expected);
        let refused = disk.replay(&MemoryDisk::zeroed(2048), 1).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn every_point_in_time_can_be_made_again() {
        let disk = Recorder::new(MemoryDisk::zeroed(4096));
        let mut states = vec![disk.disk().to_vec()];
        for number in 1..20_u8 {
            disk.write(&[number; 700], u64::from(number) * 151).unwrap();
            states.push(disk.disk().to_vec());
        }
        for (count, state) in states.iter().enumerate() {
            let copy = MemoryDisk::zeroed(4096);
            disk.replay(&copy, count).unwrap();
            assert!(copy.to_vec() == *state, "{count}");
        }
    }

    #[test]
    fn what_failed_is_neither_durable_nor_made_again() {
        let faulty = Faulty::new(MemoryDisk::zeroed(2048));
        let disk = Recorder::new(faulty.clone()).without_reads();
        disk.write(&[1; 512], 0).unwrap();
        faulty.inject(Fault::flushes().times(1));
        faulty.inject(Fault::writes().times(1));
        assert!(disk.write(&[2; 512], 0).is_err());
        assert!(disk.flush().is_err());
        assert_eq!(disk.durable(3), 0);
        disk.flush().unwrap();
        assert_eq!((disk.durable(3), disk.durable(4)), (0, 3));
        let copy = MemoryDisk::zeroed(2048);
        disk.replay(&copy, disk.len()).unwrap();
        assert_eq!(copy.to_vec()[0], 1);
        disk.read(&mut [0; 512], 0).unwrap();
        assert_eq!(disk.len(), 4, "reads are not recorded");
    }
}
